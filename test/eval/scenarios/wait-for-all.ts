import { NEWS, type Scenario, sum } from './scenario.ts';

export const waitForAll: Scenario = {
  name: 'wait-for-all',
  about: 'One call brings three results, and the user wants to hear of none before the last.',
  names: ['nordwind', 'solvang', 'tamaro'],
  subjects: ['chair'],
  checks: [...NEWS, 'waited'],
  async play(c) {
    await c.say(
      'Please survey the suppliers of chairs. Tell me no offer before all three are in; then tell me all three, each with its supplier and its reference.',
    );
    const survey = c.call('survey_suppliers', 'chair');
    await survey.result('tamaro');
    await c.heard();
    await c.ask(sum('Meanwhile: '));
    await survey.result('solvang');
    await c.heard();
    await survey.end('nordwind');
    c.holdsUntilNow();
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
