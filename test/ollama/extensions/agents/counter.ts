import { defineAgent } from 'meanwhile';

/** Its replies are as long as the model likes, so that there is something to interrupt. */
export default defineAgent({
  name: 'counter',
  instructions: 'Do what the user asks, at any length, and never stop early.',
  tools: [],
});
