import { defineAgent } from 'meanwhile';

/** Starts as many jobs at once as it is asked for. */
export default defineAgent({
  name: 'flood',
  instructions: 'Start what you are asked for.',
  tools: ['job'],
  limits: { max_running: 1_000 },
});
