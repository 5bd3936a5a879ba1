import { defineTool, z } from 'meanwhile';

const line = (i: number) =>
  `line ${i}: ${i === 4_321 ? 'the needle, worth 17' : 'nothing to see here, go on'}`;

export default defineTool({
  name: 'reports',
  description: 'Gives two long reports.',
  input: z.object({}),
  results: { min: 2, max: 2 },
  async *run(_, call) {
    yield call.result({ rows: Array.from({ length: 2_000 }, (_, id) => ({ id })) });
    return Array.from({ length: 5_000 }, (_, i) => line(i)).join('\n');
  },
});
