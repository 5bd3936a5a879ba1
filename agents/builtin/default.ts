import { defineAgent } from '../define.ts';

/** Who answers where a conversation names no agent. A team's own agent of this name takes its place. */
export default defineAgent({
  name: 'default',
  instructions:
    'You are a helpful assistant. Answer briefly. While tools run, keep talking with the user about whatever they like, ' +
    'and mention news of the tools when there is any.',
});
