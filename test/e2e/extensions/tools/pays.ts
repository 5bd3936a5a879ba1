import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'pays',
  description: 'Pays, once a person has agreed.',
  input: z.object({ amount: z.number() }),
  approval: { question: 'May it pay?' },
  duplicates: 'reject',
  run: async ({ amount }) => ({ paid: amount }),
});
