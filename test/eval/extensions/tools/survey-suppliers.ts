import { defineTool, z } from 'meanwhile';
import { steered } from '../steered.ts';

export default defineTool({
  name: 'survey_suppliers',
  description:
    'Asks three suppliers for an offer of a product. Each answers in its own time; a result is one offer, with the name of the supplier and a reference such as KX-0000.',
  input: z.object({ product: z.string().min(1) }),
  results: { min: 3, max: 3 },
  progress: false,
  async *run(_, call) {
    return yield* steered(call);
  },
});
