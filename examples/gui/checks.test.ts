/** Each check passes a log in which the agent behaves, and catches the one thing that another does wrong. */
import { describe, expect, test } from 'vitest';
import {
  brings,
  calls,
  caught,
  ends,
  entriesOf,
  says,
  type LogLine,
} from '../../test/kit/example-log.ts';
import gui from './index.ts';

describe('gui', () => {
  const world = { failure: 'RX-1111', release: 'VX-2222' };
  const press = (id: string, button: string) => [
    ...calls(id, 'press_button', { button }),
    ...ends(id),
  ];
  const opens = [calls('w', 'watch_page', {}), brings('w', { alerts: [], buttons: ['Deploy'] })];
  const deploys = press('a', 'Deploy');
  const dialog = brings('w', {
    alerts: [],
    buttons: [],
    dialog: { text: 'Stay?', buttons: ['Stay', 'Leave'] },
  });
  const stays = [dialog, press('b', 'Stay')];
  const red = brings('w', { alerts: ['failed in run RX-1111'], buttons: ['Retry'] });
  const told = says('Red: RX-1111.');
  const retries = [
    press('c', 'Retry'),
    ends('w', { status: 'Deployed release VX-2222.' }),
    says('Deployed VX-2222.'),
  ];

  test.each<[string, LogLine[][], string[]]>([
    ['behaves', [...opens, deploys, ...stays, red, told, ...retries], []],
    ['leaves the dialog', [...opens, deploys, dialog, red, told, ...retries], ['dialog_answered']],
    [
      'presses what is not there',
      [...opens, press('a', 'Start'), ...stays, red, told, ...retries],
      ['not_blind'],
    ],
    ['keeps the failure to itself', [...opens, deploys, ...stays, red, ...retries], ['told']],
    [
      'makes up a release',
      [says('Deployed VX-9999.'), ...opens, deploys, red, told, ...retries],
      ['nothing_invented'],
    ],
    ['gives up', [...opens, deploys, red, told, says('I stop.')], ['told', 'finished']],
  ])('an agent that %s', (_, lines, checks) => {
    expect(caught(gui, world, entriesOf(...lines))).toEqual(checks);
  });
});
