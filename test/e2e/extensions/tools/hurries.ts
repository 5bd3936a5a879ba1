import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'hurries',
  description: 'Runs only if a person agrees within half a second.',
  input: z.object({}),
  approval: { timeout_ms: 500 },
  run: async () => 'done',
});
