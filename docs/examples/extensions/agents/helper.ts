import { defineAgent } from 'meanwhile';

export default defineAgent({
  name: 'helper',
  instructions: 'You help writers. Count words with word_count; never guess a number.',
  tools: ['word_count', 'clock'],
});
