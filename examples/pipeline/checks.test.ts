/** Each check passes a log in which the agent behaves, and catches the one thing that another does wrong. */
import { describe, expect, test } from 'vitest';
import {
  brings,
  calls,
  cancels,
  caught,
  ends,
  entriesOf,
  says,
  user,
  type LogLine,
} from '../../test/kit/example-log.ts';
import pipeline from './index.ts';

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

  test.each<[string, LogLine[][], string[]]>([
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
