import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'echoes',
  description: 'Says what it is told, or fails with it.',
  input: z.object({ words: z.string(), fails: z.boolean().default(false) }),
  run: async ({ words, fails }) => {
    if (fails) throw new Error(`It does not like ${words}.`);
    return { said: words.split('-').toReversed().join('-') };
  },
});
