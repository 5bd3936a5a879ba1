import { defineTool, z } from 'meanwhile';
import { steered } from '../steered.ts';

export default defineTool({
  name: 'request_quote',
  description:
    'Requests a quote for one item from its supplier, who answers after minutes or hours with a reference such as KX-0000.',
  input: z.object({ item: z.string().min(1).describe('One item, such as "chairs".') }),
  progress: false,
  async *run(_, call) {
    return yield* steered(call);
  },
});
