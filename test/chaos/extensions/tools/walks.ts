import { defineTool } from 'meanwhile';
import { input, walk } from '../walk.ts';

/** Goes on from its checkpoint after a crash. */
export default ({ home }: { home: string }) =>
  defineTool({
    name: 'walks',
    description: 'Goes a number of steps, with a pause before each.',
    input,
    restart: 'resume',
    run: (given, call) => walk(given, call, { home, tool: 'walks', restart: 'resume' }),
  });
