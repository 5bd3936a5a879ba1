import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReplyRequest } from '../../contract/reply.ts';
import type { ModelMessage } from '../../model/message.ts';
import { BEGAN_EARLIER, orderMessages } from '../../model/order.ts';
import { type Profile, profiles } from '../../model/profiles.ts';
import { transcript } from '../../model/transcript.ts';
import { randomLog, type RandomLog } from '../../test/kit/random-log.ts';
import { asBlocks } from './as-blocks.ts';

function seen({ entries, openAt }: RandomLog, profile: Profile): ModelMessage[] {
  const request: ReplyRequest = {
    conversation: { tenant: 'default', id: 'c' },
    agent: 'default',
    reply_id: 'reply_99',
    from: 1,
    to: entries.length,
    because: 'news',
    news: entries.filter(({ kind }) => kind.startsWith('call.')).map(({ seq }) => seq),
    calls: openAt.get(entries.length) ?? [],
    attempts: 4,
  };
  const agent = { name: 'default', instructions: 'Help.' };
  return transcript({ entries, agent, request, progress: new Map(), profile }).slice(1);
}

const same = (messages: ModelMessage[]) => messages;

/** The content to compare: blocks without words are dropped, and neighbours merged. */
function content(messages: ModelMessage[]): ModelMessage[] {
  return orderMessages(messages, 'joined')
    .filter(({ role, text }) => role !== 'user' || (text !== '' && text !== BEGAN_EARLIER))
    .map((message) =>
      message.role === 'tool'
        ? { ...message, text: message.text.replace(/^\{"call_id":"[^"]*",/, '{') }
        : message,
    );
}

/** An asynchronous call has no status at first, and its end may follow it directly. So both are compared as events. */
function withoutStatus(messages: ModelMessage[]): ModelMessage[] {
  return messages.flatMap((message): ModelMessage[] => {
    if (message.role !== 'tool') return [message];
    const { call_id, text } = message;
    if (/^\{"status":"(requested|awaiting_approval|queued|running)"/.test(text)) return [];
    const event = `{"call_id":"${call_id}","tool":"work",${text.slice(1)}`;
    return [{ role: 'user', text: `<event>${event}</event>` }];
  });
}

test.each(Object.values(profiles))(
  'the profile $name gives the demo the same content as any other',
  (profile) => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const told = profile.name === 'async_tools' ? withoutStatus : same;
        const plain = content(told(seen(log, profiles.compatible)));
        expect(content(told(asBlocks(seen(log, profile))))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  },
);
