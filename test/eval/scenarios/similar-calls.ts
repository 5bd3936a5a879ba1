import { NEWS, type Scenario, sum } from './scenario.ts';

export const similarCalls: Scenario = {
  name: 'similar-calls',
  about: 'Two calls of one tool run at once, and the later one is over first.',
  names: ['bicycle', 'helmet'],
  subjects: ['bicycle', 'helmet'],
  checks: NEWS,
  async play(c) {
    await c.say(
      'Please request two quotes: one for bicycles and one for helmets. Name the item with each reference.',
    );
    const bicycles = c.call('request_quote', 'bicycle');
    const helmets = c.call('request_quote', 'helmet');
    await helmets.end();
    await bicycles.end();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
