import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'nests',
  description: 'Returns what is nested deeper than anybody takes.',
  input: z.object({}),
  run: async () => JSON.parse('['.repeat(1_500) + ']'.repeat(1_500)),
});
