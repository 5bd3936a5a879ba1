import { NEWS, type Scenario, sum } from './scenario.ts';

export const lateResults: Scenario = {
  name: 'late-results',
  about: 'The result comes while the user talks of something else.',
  names: ['bicycle'],
  subjects: ['bicycle'],
  checks: NEWS,
  async play(c) {
    await c.say('Please request a quote for bicycles, and tell me its reference once it is there.');
    const quote = c.call('request_quote', 'bicycle');
    await c.ask(sum('Meanwhile: '));
    await quote.end();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
