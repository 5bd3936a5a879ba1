import { NEWS, type Scenario, sum } from './scenario.ts';

export const cancel: Scenario = {
  name: 'cancel',
  about: 'Two calls run, and the user cancels one of them.',
  names: ['bicycle', 'helmet'],
  subjects: ['bicycle', 'helmet'],
  checks: [...NEWS, 'called_off'],
  async play(c) {
    await c.say('Please request two quotes: one for bicycles and one for helmets.');
    const quote = c.call('request_quote', 'bicycle');
    c.call('request_quote', 'helmet');
    c.callsOff('helmet');
    await c.say('Cancel the quote for helmets. Keep the other one.');
    await quote.end();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
