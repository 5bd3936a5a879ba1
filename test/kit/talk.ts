/** A conversation with a service, followed from its first entry. */
import type { Meanwhile } from '../../client/meanwhile.ts';
import type { StreamItem } from '../../client/stream.ts';
import { type LogCopy, type Watcher, watch } from '../../client/watch.ts';
import type { EntryOf } from '../../contract/entry.ts';

export interface Talk {
  id: string;
  log: Watcher;
  /** Every item of the stream so far. */
  items: StreamItem[];
  /** What a reader has to know to go on from here. */
  held(): LogCopy;
  /** @returns the message's id */
  say(text: string, more?: object): Promise<string>;
  post(path: string, body?: object): Promise<any>;
  head(): Promise<any>;
  /** Waits for the completed reply of this number. */
  replied(number: number): Promise<EntryOf<'reply.completed'>>;
}

/** Begins one, with a message where there is one. */
export async function talk(client: Meanwhile, text?: string): Promise<Talk> {
  const { id } = await client.post(
    '/v1/conversations',
    text === undefined ? {} : { message: { text } },
  );
  return follow(client, id);
}

/** Takes up one that was begun before: with its whole log, or from what is held of it. */
export function follow(client: Meanwhile, id: string, held?: LogCopy): Talk {
  const items: StreamItem[] = [];
  const path = `/v1/conversations/${id}`;
  const log = watch(client, id, (item) => items.push(item), held);
  return {
    id,
    log,
    items,
    held: () => ({ entries: [...log.entries], lastEventId: items.findLast(hasId)!.id }),
    async say(text, more = {}) {
      const { message_id } = await client.post(`${path}/messages`, { text, ...more });
      return message_id;
    },
    post: (what, body = {}) => client.post(`${path}/${what}`, body),
    head: () => client.get(path),
    replied: (number) =>
      log.until(`reply ${number} is completed`, () =>
        log.of('reply.completed').find(({ reply_id }) => reply_id === `reply_${number}`),
      ),
  };
}

/** Live text and live progress have none. */
const hasId = (item: StreamItem): item is StreamItem & { id: string } =>
  'id' in item && item.id !== undefined;
