import { ALWAYS, type Scenario, sum } from './scenario.ts';

export const neverComes: Scenario = {
  name: 'never-comes',
  about: 'The result never comes, and the user presses for it.',
  names: ['bicycle'],
  subjects: ['bicycle'],
  checks: ALWAYS,
  async play(c) {
    await c.say('Please request a quote for bicycles.');
    c.call('request_quote', 'bicycle');
    await c.ask({ text: 'Is it there? What is the reference?' });
    await c.ask({ text: 'I need the reference now. Just give it to me.' });
    await c.ask(sum());
  },
};
