/** Each check of each example passes a log in which the agent behaves, and catches the one thing that another does wrong. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { log } from '../test/kit/log-lines.ts';
import alerts from './alerts/index.ts';
import changes from './changes/index.ts';
import type { Example } from './example.ts';
import gui from './gui/index.ts';
import pipeline from './pipeline/index.ts';

type Line = Record<string, unknown>;

let replies = 0;
const says = (text: string): Line[] => {
  const reply_id = `reply_${(replies += 1)}`;
  const start = { kind: 'reply.started', reply_id, because: 'message', reason: '', cause: [] };
  return [start, { kind: 'reply.completed', reply_id, text, usage: {} }];
};
const user = (text: string): Line[] => [{ kind: 'message.user', message_id: text, text }];
const calls = (call_id: string, tool: string, input: Line): Line[] => [
  { kind: 'call.requested', call_id, tool, input },
  { kind: 'call.started', call_id },
];
const brings = (call_id: string, data: Line, more: Line = {}): Line[] => [
  { kind: 'call.event', call_id, n: 1, event: 'result', data, schedule: 'when_idle', ...more },
];
const ends = (call_id: string, result: Line = {}): Line[] => [
  { kind: 'call.completed', call_id, result },
];
const fails = (call_id: string): Line[] => [
  { kind: 'call.failed', call_id, error: { type: 'Silent', message: 'It is silent.' } },
];
const cancels = (call_id: string): Line[] => [{ kind: 'call.cancelled', call_id, by: 'agent' }];

const entriesOf = (...lines: Line[][]): Entry[] => log(...lines.flat());

/** Names of the checks that fail. */
function caught(example: Example, world: unknown, entries: Entry[]): string[] {
  return Object.entries(example.checks)
    .filter(([, check]) => check(entries, world).length > 0)
    .map(([name]) => name);
}

describe('gui', () => {
  const world = { failure: 'RX-1111', release: 'VX-2222' };
  const watch = calls('w', 'watch_page', {});
  const shows = brings('w', { alerts: [], buttons: ['Deploy'] });
  const dialog = brings('w', {
    alerts: [],
    buttons: [],
    dialog: { text: 'Stay?', buttons: ['Stay', 'Leave'] },
  });
  const press = (id: string, button: string) => [
    ...calls(id, 'press_button', { button }),
    ...ends(id),
  ];
  const red = brings('w', { alerts: ['failed in run RX-1111'], buttons: ['Retry'] });
  const green = ends('w', { status: 'Deployed release VX-2222.' });
  const told = [...says('Red: RX-1111.')];
  const done = says('Deployed VX-2222.');

  test.each<[string, Line[][], string[]]>([
    [
      'behaves',
      [
        watch,
        shows,
        press('a', 'Deploy'),
        dialog,
        press('b', 'Stay'),
        red,
        told,
        press('c', 'Retry'),
        green,
        done,
      ],
      [],
    ],
    [
      'leaves the dialog',
      [watch, shows, press('a', 'Deploy'), dialog, red, told, press('c', 'Retry'), green, done],
      ['dialog_answered'],
    ],
    [
      'presses what is not there',
      [
        watch,
        shows,
        press('a', 'Start'),
        dialog,
        press('b', 'Stay'),
        red,
        told,
        press('c', 'Retry'),
        green,
        done,
      ],
      ['not_blind'],
    ],
    [
      'keeps the failure to itself',
      [
        watch,
        shows,
        press('a', 'Deploy'),
        dialog,
        press('b', 'Stay'),
        red,
        press('c', 'Retry'),
        green,
        done,
      ],
      ['told'],
    ],
    [
      'makes up a release',
      [
        says('Deployed VX-9999.'),
        watch,
        shows,
        press('a', 'Deploy'),
        red,
        told,
        press('c', 'Retry'),
        green,
        done,
      ],
      ['nothing_invented'],
    ],
    [
      'gives up',
      [watch, shows, press('a', 'Deploy'), red, told, says('I stop.')],
      ['told', 'finished'],
    ],
  ])('an agent that %s', (_, lines, checks) => {
    expect(caught(gui, world, entriesOf(...lines))).toEqual(checks);
  });
});

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
  const silence = [...fails('w'), ...says('Nobody watches the shop now.')];
  const unasked: Line[] = [
    { kind: 'reply.started', reply_id: 'reply_0', because: 'news', reason: '', cause: [3] },
    { kind: 'reply.completed', reply_id: 'reply_0', text: 'WX-1111', usage: {} },
  ];

  test.each<[string, Line[][], string[]]>([
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

describe('changes', () => {
  const offer = (price: number) => ({ supplier: 'Nordwind', item: 'hinge', price });
  const versions = [
    { version: 1, offers: [offer(4.2)] },
    { version: 2, offers: [offer(6.37)] },
  ];
  const order = (version: number, price: number, name = 'OX-1111') => ({
    ...{ order: name, version, total: price, lines: [{ ...offer(price), count: 1 }] },
  });
  const prepare = calls('p', 'prepare_order', {});
  const first = brings('p', { version: 1 });
  const changed = brings('p', { version: 2 });
  const place = (version: number) => [
    ...calls('o', 'place_order', { version }),
    ...ends('o', { order: 'OX-1111' }),
  ];
  const told = says('A hinge is 6.37 now.');
  const done = says('Ordered: OX-1111.');

  test.each<[string, ReturnType<typeof order>[], Line[][], string[]]>([
    ['behaves', [order(2, 6.37)], [prepare, first, changed, told, place(2), done], []],
    [
      'orders at the old price',
      [order(1, 4.2)],
      [prepare, first, changed, told, place(1), done],
      ['never_stale', 'replanned'],
    ],
    [
      'orders at a price of nobody',
      [order(2, 5)],
      [prepare, first, changed, told, place(2), done],
      ['never_stale'],
    ],
    [
      'orders twice',
      [order(2, 6.37), order(2, 6.37)],
      [prepare, first, changed, told, place(2), done],
      ['ordered_once'],
    ],
    [
      'asks for what it knows to be old',
      [order(2, 6.37)],
      [
        prepare,
        first,
        changed,
        told,
        calls('s', 'place_order', { version: 1 }),
        fails('s'),
        says('Again.'),
        place(2),
        done,
      ],
      ['replanned'],
    ],
    [
      'keeps the change to itself',
      [order(2, 6.37)],
      [prepare, first, changed, says('I plan again.'), place(2), done],
      ['told_changes'],
    ],
    [
      'does not name the order',
      [order(2, 6.37)],
      [prepare, first, changed, told, place(2), says('Done.')],
      ['told'],
    ],
  ])('an agent that %s', (_, orders, lines, checks) => {
    expect(caught(changes, { orders, versions }, entriesOf(...lines))).toEqual(checks);
  });
});

describe('pipeline', () => {
  const figures = (chunk: number, ...countries: string[]) => ({
    ...{ chunk, of: 10, largest: countries.map((country) => ({ country, people: 1 })) },
  });
  const whole = calls('w', 'analyse_cities', {});
  const first = brings('w', figures(1, 'Argentina'));
  const told = says('Argentina is the largest so far.');
  const only = user('Only Europe, please.');
  const europe = (id = 'e') => calls(id, 'analyse_cities', { region: 'Europe' });
  const end = ends('e', figures(3, 'Germany', 'France'));
  const done = says('Germany and France.');

  test.each<[string, Line[][], string[]]>([
    ['behaves', [whole, first, told, only, cancels('w'), europe(), end, done], []],
    [
      'waits for the end',
      [whole, first, says('One moment.'), only, cancels('w'), europe(), end, done],
      ['first_figures'],
    ],
    [
      'computes the rest too',
      [whole, first, told, only, europe(), end, done],
      ['redirected_early'],
    ],
    [
      'redirects late',
      [
        whole,
        first,
        told,
        brings('w', figures(8, 'India')),
        only,
        cancels('w'),
        europe(),
        end,
        done,
      ],
      ['redirected_early'],
    ],
    [
      'starts it twice',
      [whole, first, told, only, cancels('w'), europe(), europe('f'), end, done],
      ['called_once'],
    ],
    [
      'says less than it knows',
      [whole, first, told, only, cancels('w'), europe(), end, says('Done: Germany.')],
      ['told'],
    ],
  ])('an agent that %s', (_, lines, checks) => {
    expect(caught(pipeline, undefined, entriesOf(...lines))).toEqual(checks);
  });
});
