import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'look_up',
  description: 'Looks a word up.',
  input: z.object({ word: z.string() }),
  run: async ({ word }) => `${word} is a word.`,
});
