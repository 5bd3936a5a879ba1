import { defineTool, z } from 'meanwhile';

/** Over before anybody has to wait for it. */
export default defineTool({
  name: 'looks',
  description: 'Looks something up, at once.',
  input: z.object({ key: z.string() }),
  run: async ({ key }) => ({ found: key }),
});
