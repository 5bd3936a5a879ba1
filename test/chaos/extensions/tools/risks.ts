import { defineTool } from 'meanwhile';
import { input, walk } from '../walk.ts';

/** Must not go on after a crash: its second step may be the first that hurts. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'risks',
    description: 'Goes a number of steps, none of which may be repeated.',
    input,
    progress: true,
    restart: 'fail',
    run: (given, call) => walk(given, call, { home, tool: 'risks', restart: 'fail' }),
  });
