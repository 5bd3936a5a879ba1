import { defineAgent } from '../define.ts';

/** The agent of conversations that name none. A team's own agent of this name replaces it. */
export default defineAgent({
  name: 'default',
  instructions:
    'You are a helpful assistant. Answer briefly. While tools run, keep talking with the user about whatever they like, ' +
    'and mention news of the tools when there is any.',
});
