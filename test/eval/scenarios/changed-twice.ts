import { NEWS, type Scenario, sum } from './scenario.ts';

export const changedTwice: Scenario = {
  name: 'changed-twice',
  about: 'The user changes the subject twice while the agent is about to answer.',
  names: ['bicycle', 'helmet', 'lamp'],
  subjects: ['bicycle', 'helmet', 'lamp'],
  checks: [...NEWS, 'called_off'],
  async play(c) {
    await c.begin('Please request a quote for bicycles.');
    c.callsOff('bicycle');
    await c.begin('No, not bicycles: I need a quote for helmets instead.');
    c.callsOff('helmet');
    await c.ask(
      sum('Sorry, I changed my mind again: no helmets either, request a quote for lamps only. '),
    );
    const quote = c.call('request_quote', 'lamp');
    await quote.end();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
