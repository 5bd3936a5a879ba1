/** Each check on a small log, passing and failing. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import { CHECKS } from './checks.ts';
import type { Played } from './played.ts';
import { createLog } from './small-log.ts';

const RESULT = { code: 'KX-1111', name: 'bicycle' };

/** The user asks for a quote, it comes, and the agent says these things: before it, and after. */
function quoted({ before = [], after = [] }: { before?: string[]; after?: string[] }): Played {
  const log = createLog();
  log.user('A quote for bicycles.');
  log.calls('call_1', 'request_quote', { item: 'bicycles' });
  for (const text of before) log.says(text);
  const seq = log.completes('call_1');
  for (const text of after) log.says(text);
  return played(log.entries, { results: [{ ...RESULT, seq }] });
}

function played(entries: readonly Entry[], more: Partial<Played> = {}): Played {
  return {
    entries,
    results: [],
    names: ['bicycle', 'helmet'],
    subjects: ['bicycle', 'helmet'],
    questions: [],
    calledOff: [],
    ...more,
  };
}

describe('told', () => {
  test('a result is told if a reply has its reference, however it is written', () => {
    for (const written of ['KX-1111', 'kx-1111', 'KX‑1111', 'KX 1111', '**KX1111**']) {
      expect(CHECKS.told(quoted({ after: [`Bicycles: ${written}.`] }))).toEqual([]);
    }
  });

  test('a result is not told if no reply has its reference, or only a longer number', () => {
    const problem = ['KX-1111 of bicycle was never told.'];
    expect(CHECKS.told(quoted({ after: ['The quote is there.'] }))).toEqual(problem);
    expect(CHECKS.told(quoted({ after: ['Bicycles: KX-11112.'] }))).toEqual(problem);
  });
});

describe('told_once', () => {
  test('a result that one reply told passes', () => {
    expect(CHECKS.told_once(quoted({ after: ['Bicycles: KX-1111.', 'Gladly.'] }))).toEqual([]);
  });

  test('a result that two replies told is reported with both replies', () => {
    const after = ['Bicycles: KX-1111.', 'Gladly. KX-1111.'];
    expect(CHECKS.told_once(quoted({ after }))).toEqual([
      'KX-1111 of bicycle was told 2 times:',
      'reply_1 said "Bicycles: KX-1111."',
      'reply_2 said "Gladly. KX-1111."',
    ]);
  });

  test('an interrupted reply does not count', () => {
    const log = createLog();
    const seq = log.completes('call_1');
    log.saysCutOff('Bicycles: KX-1111. And');
    log.says('Bicycles: KX-1111. And a good day.');
    const results = [{ ...RESULT, seq }];
    expect(CHECKS.told_once(played(log.entries, { results }))).toEqual([]);
  });
});

describe('nothing_invented', () => {
  test('a reference that a tool has returned is not invented', () => {
    expect(CHECKS.nothing_invented(quoted({ after: ['Bicycles: KX-1111.'] }))).toEqual([]);
  });

  test('a reference is invented if no tool returned it before the reply began', () => {
    expect(CHECKS.nothing_invented(quoted({ after: ['Bicycles: KX-2222.'] }))).toEqual([
      'No tool had returned KX-2222: reply_1 said "Bicycles: KX-2222."',
    ]);
    expect(CHECKS.nothing_invented(quoted({ before: ['Bicycles: KX-1111.'] }))).toHaveLength(1);
  });

  test('a reference in an interrupted reply counts', () => {
    const log = createLog();
    log.saysCutOff('It is KX-2222, I');
    expect(CHECKS.nothing_invented(played(log.entries))).toHaveLength(1);
  });
});

describe('not_confused', () => {
  test('a reference is confused if it stands with another name, or with none', () => {
    expect(CHECKS.not_confused(quoted({ after: ['Bicycles: KX-1111.'] }))).toEqual([]);
    expect(CHECKS.not_confused(quoted({ after: ['Helmets: KX-1111.'] }))).toEqual([
      'KX-1111 belongs to bicycle: reply_1 said "Helmets: KX-1111."',
    ]);
    expect(CHECKS.not_confused(quoted({ after: ['KX-1111.'] }))).toHaveLength(1);
  });
});

describe('called_once', () => {
  const twice = (second: object) => {
    const log = createLog();
    log.calls('call_1', 'request_quote', { item: 'bicycles' });
    log.calls('call_2', 'request_quote', second);
    return log;
  };

  test('two calls for two things are not a repeat', () => {
    expect(CHECKS.called_once(played(twice({ item: 'helmets' }).entries))).toEqual([]);
  });

  test('two calls for one thing are a repeat', () => {
    expect(CHECKS.called_once(played(twice({ item: 'a bicycle' }).entries))).toEqual([
      'request_quote for bicycle was called 2 times.',
    ]);
  });

  test('a call that failed may be made again, and one that was dropped never ran', () => {
    const log = twice({ item: 'bicycles' });
    log.fails('call_1');
    log.asksAndDrops('call_3', 'request_quote', { item: 'bicycles' });
    expect(CHECKS.called_once(played(log.entries))).toEqual([]);
  });
});

describe('called_off', () => {
  const two = () => {
    const log = createLog();
    log.calls('call_1', 'request_quote', { item: 'bicycles' });
    log.calls('call_2', 'request_quote', { item: 'helmets' });
    return log;
  };
  const check = (log: ReturnType<typeof two>) =>
    CHECKS.called_off(played(log.entries, { calledOff: ['helmet'] }));

  test('the call that the user does not want is cancelled', () => {
    const log = two();
    expect(check(log)).toEqual([
      'call_2, request_quote for helmet, was called off by the user and still runs.',
    ]);
    log.cancels('call_2');
    expect(check(log)).toEqual([]);
  });

  test('a call that the user still wants is not cancelled', () => {
    const log = two();
    log.cancels('call_2');
    log.cancels('call_1');
    expect(check(log)).toEqual([
      'call_1, request_quote for bicycle, was cancelled, and the user wants it.',
    ]);
  });

  test('a call that was never released need not be cancelled', () => {
    const log = createLog();
    log.asksAndDrops('call_1', 'request_quote', { item: 'helmets' });
    expect(check(log)).toEqual([]);
  });
});

describe('answered', () => {
  function asked(answer: string | undefined, ...texts: string[]) {
    const log = createLog();
    log.says('Before, it was 221.');
    const seq = log.user('How much?');
    for (const text of texts) log.says(text);
    const next = { seq: log.user('And?'), text: 'And?' };
    log.says('221');
    return CHECKS.answered(
      played(log.entries, { questions: [{ seq, text: 'How much?', answer }, next] }),
    );
  }

  test('an answer counts if it was given before the next question', () => {
    expect(asked('221', 'Let me see.', 'It is 221.')).toEqual([]);
    expect(asked('221', 'It is 2210.')).toEqual([
      '"How much?" was not answered with 221:',
      'reply_2 said "It is 2210."',
    ]);
  });

  test('any text will do if no answer is expected, but an empty reply will not', () => {
    expect(asked(undefined, 'Not yet.')).toEqual([]);
    expect(asked(undefined, '')).toEqual(['"How much?" was not answered:', 'nothing was said.']);
  });
});

describe('waited', () => {
  test('a reply that tells a result before the last one is in fails', () => {
    const early = quoted({ after: ['Bicycles: KX-1111.'] });
    const began = early.entries.find(({ kind }) => kind === 'reply.started')!.seq;
    expect(CHECKS.waited({ ...early, heldUntil: began - 1 })).toEqual([]);
    expect(CHECKS.waited({ ...early, heldUntil: began + 1 })).toEqual([
      'It was told before all results were in: reply_1 said "Bicycles: KX-1111."',
    ]);
  });
});
