import { once } from 'node:events';
import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'dawdles',
  description: 'Goes on until it is stopped.',
  input: z.object({}),
  timeout_ms: 50,
  async run(_, { signal }) {
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  },
});
