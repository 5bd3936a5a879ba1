/** A client that follows a conversation wherever it can be followed, and checks the text that it is given. */
import type { Conversation } from '../../client/conversation.ts';

export interface ConversationReading {
  /** Text of the reply in flight. */
  text(): string | undefined;
  /** The texts of all completed replies. */
  completed(): string[];
  /** The latest percentage of any call. */
  percent(): number | undefined;
  /** Every delta that did not continue what was held, and every entry that was not the next. Empty if all is well. */
  wrong: string[];
  stop(): Promise<void>;
}

export function reading(conversation: Conversation): ConversationReading {
  const ending = new AbortController();
  const wrong: string[] = [];
  const held = { of: '', text: '' };
  let seq = 0;
  let percent: number | undefined;

  async function read(): Promise<void> {
    for await (const item of conversation.follow({ signal: ending.signal })) {
      switch (item.type) {
        case 'entry':
          if (item.data.seq !== seq + 1) wrong.push(`entry ${item.data.seq} after ${seq}`);
          seq = item.data.seq;
          break;
        case 'rewind':
          seq = item.data.to;
          break;
        case 'progress':
          percent = item.data.percent ?? percent;
          break;
        case 'delta': {
          const { reply_id, attempt, offset, text } = item.data;
          const of = `${reply_id}, attempt ${attempt}`;
          const before = of === held.of ? held.text : '';
          const after = before.slice(0, offset) + text;
          if (offset > before.length || !after.startsWith(before))
            wrong.push(`${of}: "${text}" at ${offset} after "${before}"`);
          Object.assign(held, { of, text: after });
        }
      }
    }
  }

  const reads = read();
  return {
    text: () => conversation.state().reply?.text,
    completed: () =>
      conversation
        .state()
        .messages.flatMap((message) =>
          message.from === 'agent' && message.status === 'completed' ? [message.text] : [],
        ),
    percent: () => percent,
    wrong,
    async stop() {
      ending.abort();
      await reads;
    },
  };
}
