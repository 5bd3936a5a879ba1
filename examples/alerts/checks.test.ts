/** Each check passes a log in which the agent behaves, and catches the one thing that another does wrong. */
import { describe, expect, test } from 'vitest';
import {
  brings,
  calls,
  caught,
  entriesOf,
  fails,
  says,
  type LogLine,
} from '../../test/kit/example-log.ts';
import alerts from './index.ts';

describe('alerts', () => {
  const watch = calls('w', 'watch_shop', {});
  const warning = brings(
    'w',
    { level: 'warning', what: 'card of WX-1111' },
    { schedule: 'silent' },
  );
  const urgent = brings(
    'w',
    { level: 'urgent', what: 'incident IX-2222' },
    { schedule: 'interrupt' },
  );
  const all = says('WX-1111 and IX-2222.');
  const silence = [...fails('w'), ...says('The shop is no longer watched.')];
  const unasked: LogLine[] = [
    { kind: 'reply.started', reply_id: 'reply_0', because: 'news', reason: '', cause: [3] },
    { kind: 'reply.completed', reply_id: 'reply_0', text: 'WX-1111', usage: {} },
  ];

  test.each<[string, LogLine[][], string[]]>([
    ['behaves', [watch, warning, urgent, all, silence], []],
    [
      'tells a warning at once',
      [watch, warning, unasked, urgent, all, silence],
      ['quiet_about_warnings'],
    ],
    [
      'finishes its sentence first',
      [watch, warning, urgent, says('As I said,'), all, silence],
      ['urgent_at_once'],
    ],
    ['forgets a warning', [watch, warning, urgent, says('IX-2222.'), silence], ['told']],
    [
      'makes up an incident',
      [watch, warning, urgent, all, says('And IX-7777.'), silence],
      ['nothing_invented'],
    ],
    [
      'does not notice the silence',
      [watch, warning, urgent, all, fails('w'), says('All is well.')],
      ['silence_noticed'],
    ],
  ])('an agent that %s', (_, lines, checks) => {
    expect(caught(alerts, undefined, entriesOf(...lines))).toEqual(checks);
  });
});
