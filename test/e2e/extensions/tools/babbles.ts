import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'babbles',
  description: 'Yields what is no progress and no result.',
  input: z.object({}),
  async *run() {
    yield 'a lot' as never;
    return 'done';
  },
});
