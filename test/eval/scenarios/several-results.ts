import { NEWS, type Scenario, sum } from './scenario.ts';

export const severalResults: Scenario = {
  name: 'several-results',
  about: 'One call brings three results, and the user wants each as it comes.',
  names: ['nordwind', 'solvang', 'tamaro'],
  subjects: ['lamp'],
  checks: NEWS,
  async play(c) {
    await c.say(
      'Please survey the suppliers of lamps. Tell me each offer as it comes, with its supplier and its reference.',
    );
    const survey = c.call('survey_suppliers', 'lamp');
    await survey.result('solvang');
    await c.heard();
    await c.ask(sum());
    await survey.result('nordwind');
    await c.heard();
    await survey.end('tamaro');
    await c.heard();
    await c.ask(sum('Thanks. '));
  },
};
