/** A process that knows the log need not read it. One whose copy is outdated notices that. */
import { expect, test } from 'vitest';
import { conversation, play, riding } from '../../test/kit/reply-play.ts';
import { batch, completed, message, replying, started } from '../../test/store/samples.ts';
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
  logs.wrote(known, { outcome: 'recorded', said: {}, appended: { revision } });
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

test('a later attempt reads the store', async () => {
  const logs = knowing('Look there.', 0);
  const { result, windows } = await play({ entries: said, request, logs, attempt: 2 });
  await result;
  expect(windows).toEqual([{ from: 1, to: 3 }]);
});
