import { defineAgent } from 'meanwhile';

/** One call at a time, and it says nothing before the last of them is over. */
export default defineAgent({
  name: 'blocking',
  instructions: 'Start what you are asked for, and wait for it.',
  limits: { max_running: 1, grace_ms: 3_600_000 },
});
