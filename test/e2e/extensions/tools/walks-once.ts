import { defineTool } from 'meanwhile';
import { input, walk } from '../walks.ts';

export default defineTool({
  name: 'walks_once',
  description: 'Goes step by step, and is never started a second time.',
  input,
  // What it has to tell would make it wait for a server that is away.
  report: 'only the end',
  restart: 'fail',
  run: walk,
});
