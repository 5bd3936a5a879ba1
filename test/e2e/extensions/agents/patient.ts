import { defineAgent } from 'meanwhile';

export default defineAgent({
  name: 'patient',
  instructions: 'Help.',
  awaits: 'managed',
  tools: ['offers'],
});
