import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineTool, z } from 'meanwhile';

/** Really pays, as far as a bench can: a line in the ledger is money that is gone. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'pay',
    description: 'Pays an amount of money to a person.',
    input: z.object({ amount: z.number(), to: z.string(), reference: z.string() }),
    restart: 'fail',
    async run({ reference }, call) {
      const line = { reference, call_id: call.id, at: Date.now() };
      await appendFile(join(home, 'payments.jsonl'), `${JSON.stringify(line)}\n`);
      return { paid: reference };
    },
  });
