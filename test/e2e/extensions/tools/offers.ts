import { defineTool, z } from 'meanwhile';

export default defineTool({
  name: 'offers',
  description: 'Goes through two gates and brings an offer from each.',
  input: z.object({ gates: z.url() }),
  results: { min: 2, max: 2 },
  async *run({ gates }, call) {
    const offer = async (gate: number) =>
      `offer ${await (await fetch(`${gates}/${gate}`, { signal: call.signal })).text()}`;
    if (call.checkpoint !== 1) {
      yield call.result(await offer(1), { checkpoint: 1 });
    }
    return offer(2);
  },
});
