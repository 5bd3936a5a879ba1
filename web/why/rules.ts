/** The rules of turn-taking in a sentence each, as docs/rules.md explains them. */

/** The titles of the rules by number, as in that document. */
export const RULES: Record<string, string> = {
  R1: 'One reply at a time',
  R2: 'The user always wins',
  R3: 'Words start at once, effects wait',
  R4: 'The order of what waits',
  R5: 'How urgent news is',
  R6: 'News comes in batches',
  R7: 'The model says when it wants to hear',
  R8: 'Repeats change nothing',
  R9: 'The number of calls at once is limited',
  R10: 'The same call twice',
  R11: 'A quick tool stays in its turn',
  R12: "The agent's own initiative has limits",
  R13: 'No dangling call',
  R14: 'Every decision is written down',
  R15: 'Closed is final',
};

/** The cases that a log names. */
const CASES: Record<string, string> = {
  'R2 message': 'A message is answered at once.',
  'R2 interrupt': 'The user stopped the reply; what was said stays.',
  'R2 rollback': 'The user took the reply back; the model does not know that it was said.',
  'R3 dropped': 'A newer message came first, so the call was not run.',
  'R5 when_idle': 'The news waited until nobody was speaking.',
  'R5 interrupt': 'The news was urgent: it may cut into a reply.',
  'R6 quiet window': 'It waited a moment for further news, to tell all of it at once.',
  'R9 queued': 'Enough calls were running, so it waited in line.',
  'R10 reject': 'The same call was open already.',
  'R11 same turn': 'Results came so fast that they belong to the same turn.',
  'R11 replies in a turn': 'One cause had led to as many replies as allowed.',
  'R12 within limits': 'The agent may speak without being asked, within its limits.',
  'R15 closing': 'The conversation was being closed.',
};

export interface Rule {
  number: string;
  /** The title of the rule. */
  title: string;
  /** What the rule meant in this case. */
  meaning: string;
}

/** @param named a rule and its case as the service names them: "R5 when_idle" */
export function ruleOf(named: string): Rule {
  const [number = ''] = named.split(' ', 1);
  const title = RULES[number] ?? named;
  const limit = number === 'R12' ? 'A limit of its own initiative was reached.' : title;
  return { number, title, meaning: CASES[named] ?? limit };
}
