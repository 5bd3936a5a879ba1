import { defineAgent } from 'meanwhile';

/** Has a tool, and a model whose template knows none. */
export default defineAgent({
  name: 'caller',
  instructions: 'Look up what the user asks for.',
  model: process.env.OLLAMA_TEST_MODEL_WITHOUT_TOOLS ?? 'none',
  tools: ['look_up'],
});
