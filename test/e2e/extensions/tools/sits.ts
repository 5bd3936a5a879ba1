import { defineCommandTool, literal, z } from 'meanwhile';

export default defineCommandTool({
  name: 'sits',
  description: 'Runs a program that tells its process id and then does nothing for an hour.',
  input: z.object({}),
  command: [literal('sh'), literal('-c'), literal('echo $$; exec sleep 3600')],
  progress: (line) => ({ percent: 1, note: line }),
});
