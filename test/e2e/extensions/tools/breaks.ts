import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'breaks',
  description: 'Throws.',
  input: z.object({}),
  run: () => Promise.reject(new Error('The disk is full.')),
});
