import { defineAgent } from 'meanwhile';

export default defineAgent({
  name: 'talker',
  instructions: 'Answer in one short sentence.',
  tools: [],
  max_reply_tokens: 256,
});
