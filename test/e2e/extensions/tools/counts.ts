import { defineCommandTool, literal, z } from 'meanwhile';

export default defineCommandTool({
  name: 'counts',
  description: 'Runs a program that prints 100,000 lines.',
  input: z.object({}),
  command: [literal('seq'), literal('100000')],
  progress: (line) => ({ percent: Number(line) / 1_000, note: `line ${line}` }),
});
