import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'picky',
  description: 'Doubles a number.',
  input: z.object({ number: z.int().positive() }),
  run: async ({ number }) => ({ doubled: 2 * number }),
});
