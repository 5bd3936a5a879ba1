/** The statements that a plain turn sends to the store: docs/decisions/0050-three-statements.md. */
import { PGlite } from '@electric-sql/pglite';
import { MockActivityEnvironment } from '@temporalio/testing';
import { PGliteDialect } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import type { Batch } from '../../contract/batch.ts';
import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest, ReplyResult } from '../../contract/reply.ts';
import { storeOn } from '../../store/open.ts';
import { tallied } from '../../store/tallied.ts';
import { createLocalBus } from '../../stream/bus.ts';
import {
  batch,
  completed,
  idle,
  interrupted,
  message,
  replying,
  someone,
  started,
} from '../../test/store/samples.ts';
import type { ModelClient } from '../../model/message.ts';
import { createKnownLogs } from '../log/known-logs.ts';
import { createRecord } from '../log/record.ts';
import { createGenerateReply } from './generate-reply.ts';
import { createGuesses } from './guesses.ts';

test('a turn takes three statements, also one whose answer was guessed', async () => {
  const { turn, statements } = await service();
  await turn(1);
  for (const number of [2, 3, 4]) {
    statements.length = 0;
    const { speculation } = await turn(number);
    expect(speculation).toBe('adopted');
    expect(statements.map(nameOf)).toEqual(['append, begin draft', 'append to draft', 'append']);
  }
});

test('a reply that interrupts another one reads nothing back', async () => {
  const { turn, interrupt, statements } = await service();
  await turn(1);
  statements.length = 0;
  await interrupt(2);
  // Besides those of the transaction that writes the interruption, which are not counted here.
  expect(statements.map(nameOf)).toEqual(['append to draft']);
});

const nameOf = (sql: string) => {
  if (sql.includes('begun as')) return 'append, begin draft';
  if (sql.includes('with head as')) return 'append';
  if (sql.includes('update drafts')) return 'append to draft';
  return sql;
};

/** The activities of a worker, and the early question of its API, on a real database. */
async function service() {
  const statements: string[] = [];
  const pglite = await PGlite.create();
  onTestFinished(() => pglite.close());
  const { query } = pglite;
  pglite.query = ((sql: string, ...rest: []) => {
    statements.push(sql);
    return query.call(pglite, sql, ...rest);
  }) as typeof query;
  const store = tallied(await storeOn(new PGliteDialect({ pglite })), () => {}, 3_600_000);
  const conversation = someone();
  await store.open(conversation, { agent: 'default', metadata: {}, at: new Date().toISOString() });
  let asked = Promise.withResolvers<void>();
  const model: ModelClient = {
    async *stream() {
      asked.resolve();
      yield { kind: 'text', text: 'Ok.' };
      yield { kind: 'done', calls: [], usage: { input_tokens: 1, output_tokens: 1 } };
    },
  };
  const parts = {
    store,
    bus: createLocalBus(),
    model,
    catalogue: {
      tools: new Map(),
      agents: new Map([['default', { name: 'default', instructions: 'Help.' }]]),
    },
    defaultModel: 'small',
    logs: createKnownLogs(),
  };
  const guesses = createGuesses({ ...parts, load: () => 0 });
  const generateReply = createGenerateReply({
    ...parts,
    guesses,
    settings: {},
    rest_ms: 0,
    isCurrentRun: async () => true,
    isTerminated: async () => false,
    originOf: async () => ({}),
  });
  const record = createRecord(parts);
  const inActivity = <T>(work: () => Promise<T>) =>
    new MockActivityEnvironment().run<[], T, () => Promise<T>>(work);
  let length = 1;
  const next = (base: number, entries: Entry[], head = idle): Batch =>
    batch(conversation, [0, (length += 3)], base, entries, head);

  const requestOf = (number: number, given: Batch): ReplyRequest => ({
    conversation,
    agent: 'default',
    reply_id: `reply_${number}`,
    from: 1,
    to: given.base + given.entries.length - 1,
    because: 'message',
    news: [],
    calls: [],
    attempts: 4,
    batch: given,
  });

  return {
    statements,
    /** Two messages, of which the second interrupts the reply to the first. */
    async interrupt(number: number): Promise<void> {
      const first = 3 * number - 2;
      const given = next(
        first,
        [message(first, 'A.'), started(first + 1, number)],
        replying(number),
      );
      await inActivity(() => record({ ...given, replayed: false }));
      statements.length = 0;
      const entries = [
        // The workflow does not know yet that they are written.
        ...given.entries,
        message(first + 2, 'B.'),
        interrupted(first + 3, number),
        started(first + 4, number + 1),
      ];
      const cut = next(first, entries, replying(number + 1));
      await inActivity(() => generateReply(requestOf(number + 1, cut)));
    },
    async turn(number: number): Promise<ReplyResult> {
      const first = 3 * number - 2;
      const said = message(first, `Message ${number}.`);
      asked = Promise.withResolvers();
      guesses.guess(conversation, { message_id: said.message_id, text: said.text });
      // There is no guess before the first reply.
      if (number > 1) await asked.promise;
      const given = next(first, [said, started(first + 1, number)], replying(number));
      const result = await inActivity(() => generateReply(requestOf(number, given)));
      const done = next(first + 2, [completed(first + 2, number, result.text)]);
      await inActivity(() => record({ ...done, replayed: false }));
      return result;
    },
  };
}
