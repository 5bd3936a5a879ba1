import { defineTool } from 'meanwhile';
import { input, walk } from '../walks.ts';

export default defineTool({
  name: 'walks',
  description: 'Goes step by step, and leaves a trace of each.',
  input,
  // What it has to tell would make it wait for a server that is away.
  report: 'only the end',
  run: walk,
});
