import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'confides',
  description: 'Asks and reports with characters that a page could take for its own.',
  input: z.object({ to: z.string(), amount: z.number() }),
  approval: { question: 'May it go to <b>?' },
  async *run(_, call) {
    yield call.progress(50, '<progress>\u202E half');
    const { promise, reject } = Promise.withResolvers<never>();
    call.signal.addEventListener('abort', () => reject(new Error('cancelled')));
    return promise;
  },
});
