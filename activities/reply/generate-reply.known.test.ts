/** A process that knows the log need not read it. One whose copy is outdated notices that. */
import { expect, test } from 'vitest';
import { conversation, play, riding } from '../../test/kit/reply-play.ts';
import {
  batch,
  completed,
  interrupted,
  message,
  replying,
  started,
} from '../../test/store/samples.ts';
import { createKnownLogs } from '../log/known-logs.ts';

const HELLO = riding({}).entries;
const said = [...HELLO, completed(3, 1, 'Hello.')];
const next = {
  ...batch(conversation, [1, 9], 4, [message(4, 'And now?'), started(5, 2)], replying(2)),
};
const request = { reply_id: 'reply_2', to: 5, batch: next };

/** @param text of the first message, as this process knows it */
function knowing(text: string, revision: number) {
  const logs = createKnownLogs();
  const [first, ...rest] = said;
  const entries = [{ ...first!, text } as (typeof said)[number], ...rest];
  const known = batch(conversation, [1, 1], 1, entries, replying(1));
  logs.wrote(known, { outcome: 'recorded', said: {}, appended: { revision, first: 1 } });
  return logs;
}

test('a reply does not read what its process has written, and begins with one statement', async () => {
  const logs = knowing('Look here.', 0);
  const { result, windows, stub } = await play({ entries: said, request, logs });
  expect((await result).text).toBe('Ok.');
  expect(windows).toEqual([]);
  expect(JSON.stringify(stub.requests)).toContain('Look here.');
  expect(logs.find(conversation)!.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test('a reply to a log that has changed since shows nothing of its answer, reads the store and asks again', async () => {
  const logs = knowing('Look there.', 1);
  const { result, windows, stub, happened } = await play({
    model: (asked) => ({
      text: JSON.stringify(asked).includes('Look there.') ? 'There.' : 'Here.',
    }),
    entries: said,
    request,
    logs,
  });
  expect((await result).text).toBe('Here.');
  expect(JSON.stringify(stub.requests.at(-1))).toContain('Look here.');
  expect(windows).toEqual([{ from: 1, to: 3 }]);
  expect(happened).toEqual([
    ['kept', 'Here.', 1],
    ['shown', 'Here.'],
  ]);
});

test.each([1, 2])(
  'a reply that interrupts another one is told what that one had said, in attempt %i',
  async (attempt) => {
    const draft = { reply_id: 'reply_1', attempt: 1 };
    const entries = [message(3, 'And now?'), interrupted(4, 1), started(5, 2)];
    const cut = batch(conversation, [1, 9], 3, entries, replying(2));
    const { result, store, stub } = await play({
      async before(of) {
        await of.beginDraft(conversation, draft.reply_id, draft.attempt);
        await of.appendDraft(conversation, { ...draft, text: 'Half a ' });
      },
      entries: HELLO,
      request: { ...request, batch: cut },
      logs: createKnownLogs(),
      attempt,
    });
    expect((await result).text).toBe('Ok.');
    const [asked] = stub.requests;
    expect(JSON.stringify(asked)).toContain('Half a  [interrupted]');
    expect(JSON.stringify(asked)).toContain('And now?');
    expect(await store.window(conversation, { from: 4, to: 4 })).toMatchObject([
      { kind: 'reply.interrupted', text: 'Half a ' },
    ]);
  },
);

test('a later attempt reads the store', async () => {
  const logs = knowing('Look there.', 0);
  const { result, windows } = await play({ entries: said, request, logs, attempt: 2 });
  await result;
  expect(windows).toEqual([{ from: 1, to: 3 }]);
});
