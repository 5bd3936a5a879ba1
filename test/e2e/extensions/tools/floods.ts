import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'floods',
  description: 'Returns more than a call may.',
  input: z.object({}),
  run: async () => 'x'.repeat(10_000),
});
