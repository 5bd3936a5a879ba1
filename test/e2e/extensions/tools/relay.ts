import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'relay',
  description: 'Goes through two gates: half way at the first, three quarters at the second.',
  input: z.object({ gates: z.url() }),
  async *run({ gates }, call) {
    for (let gate = Number(call.checkpoint ?? 0) + 1; gate <= 2; gate += 1) {
      const response = await fetch(`${gates}/${gate}`, { signal: call.signal });
      yield call.progress(25 * (gate + 1), `gate ${await response.text()}`, { checkpoint: gate });
    }
    return 'through';
  },
});
