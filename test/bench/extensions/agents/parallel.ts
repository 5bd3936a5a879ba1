import { defineAgent } from 'meanwhile';

/** Has room for every call of a plan. */
export default defineAgent({
  name: 'parallel',
  instructions: 'Start what you are asked for, and talk meanwhile.',
  limits: { max_running: 8 },
});
