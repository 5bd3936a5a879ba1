import { defineAgent } from 'meanwhile';

/** Installs as many packages at once as it is asked for. */
export default defineAgent({
  name: 'crowd',
  instructions: 'Start what you are asked for, and talk meanwhile.',
  tools: ['run_installer'],
  limits: { max_running: 1_000 },
});
