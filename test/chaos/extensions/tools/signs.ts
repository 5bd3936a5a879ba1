import { defineTool, z } from 'meanwhile';
import { happenOnce } from '../ledger.ts';

/** Needs a person's yes. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'signs',
    description: 'Signs a paper.',
    input: z.object({ key: z.string() }),
    approval: { question: 'Sign it?' },
    async run({ key }, call) {
      happenOnce(home, call.id, { call_id: call.id, tool: 'signs', effect: 'signed', key });
      return { signed: key };
    },
  });
