import { defineAgent } from 'meanwhile';

/** Waits for more news before it tells any, as agents do unless a bench says otherwise. */
export default defineAgent({
  name: 'calm',
  instructions: 'Start what you are asked for, and talk meanwhile.',
  limits: { quiet_ms: 250 },
});
