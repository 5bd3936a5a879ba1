import { NEWS, type Scenario, sum } from './scenario.ts';

export const interruption: Scenario = {
  name: 'interruption',
  about: 'The user cuts into a long answer with another question, while a call runs.',
  names: ['bicycle'],
  subjects: ['bicycle'],
  checks: NEWS,
  async play(c) {
    await c.say('Please request a quote for bicycles.');
    const quote = c.call('request_quote', 'bicycle');
    await c.beginToHear(
      'While we wait, tell me a story about the sea, of at least four hundred words.',
    );
    await c.ask(sum('Stop, that is enough. '));
    await quote.end();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
