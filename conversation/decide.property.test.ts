/** The rules about the log and the state hold in random conversations. */
import { describe, expect, test } from 'vitest';
import { entry as entrySchema } from '../contract/entry.ts';
import { head as headSchema } from '../contract/head.ts';
import { always, inTheEnd } from '../test/kit/life.ts';
import { deepFreeze } from '../test/kit/story.ts';
import { decide } from './decide.ts';
import { headOf } from './head.ts';

describe('in any conversation', () => {
  test('R14: entries are numbered without gaps, fit their schema, and name only earlier entries as causes', () => {
    inTheEnd(({ log }) => {
      for (const [i, entry] of log.entries()) {
        expect(entry.seq).toBe(i + 1);
        expect(() => entrySchema.parse(entry)).not.toThrow();
        for (const cause of entry.cause) expect(cause).toBeLessThan(entry.seq);
        if (entry.kind === 'reply.started') expect(entry.cause).not.toEqual([]);
      }
    });
  });

  test('R15: nothing follows the close, nothing is left open, and the state always survives a JSON round trip', () => {
    always((story) => {
      const { state } = story;
      const closedAt = story.kinds.indexOf('conversation.closed');
      expect(closedAt === -1 || closedAt === story.log.length - 1).toBe(true);
      if (state.closed)
        expect([state.calls, state.news, state.held, story.wakeAt]).toEqual([
          [],
          [],
          undefined,
          undefined,
        ]);
      const copy = JSON.parse(JSON.stringify(state)) as typeof state;
      const event = { type: 'message', message_id: 'next', text: 'x', at: story.now } as const;
      expect(decide(deepFreeze(copy), event)).toEqual(decide(deepFreeze(state), event));
      expect(() => headSchema.parse(headOf(state))).not.toThrow();
    });
  });
});
