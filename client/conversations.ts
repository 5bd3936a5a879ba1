import type { z } from 'zod';
import type { conversationPage, createConversationBody, listQuery } from '../contract/http.ts';
import { Conversation, type ConversationHead } from './conversation.ts';
import type { Http, RequestOptions } from './http.ts';
import { paged } from './paged.ts';

export type CreateParams = z.input<typeof createConversationBody>;
export type ListParams = Omit<z.output<typeof listQuery>, 'limit'> & {
  /** Conversations of a page. */
  limit?: number | undefined;
};
export type ConversationPage = z.output<typeof conversationPage>;

/** A page, when awaited; every conversation, when iterated with `for await`. */
export type ConversationList = Promise<ConversationPage> & AsyncIterable<ConversationHead>;

export class Conversations {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Begins a conversation. With `message`, the agent starts to answer at once. */
  async create(params: CreateParams = {}, options?: RequestOptions): Promise<Conversation> {
    const { id } = await this.#http.post<ConversationHead>('/v1/conversations', params, options);
    return new Conversation(this.#http, id);
  }

  /** @throws NotFoundError when there is no such conversation */
  async get(id: string, options?: RequestOptions): Promise<Conversation> {
    const conversation = new Conversation(this.#http, id);
    await conversation.head(options);
    return conversation;
  }

  /** A conversation whose id is known. Asks nothing of the service: a wrong id is found out by the first request. */
  open(id: string): Conversation {
    return new Conversation(this.#http, id);
  }

  /** Newest first. `await` it for a page, or iterate over all with `for await`. */
  list({ after, ...params }: ListParams = {}, options?: RequestOptions): ConversationList {
    const load = (from: string | undefined) => {
      const given = Object.entries({ ...params, after: from }).filter(
        (pair): pair is [string, string | number] => pair[1] !== undefined,
      );
      const query = new URLSearchParams(
        given.map(([name, value]): [string, string] => [name, String(value)]),
      );
      return this.#http.get<ConversationPage>(`/v1/conversations?${query.toString()}`, options);
    };
    const first = load(after);
    const all = () =>
      paged(undefined as string | undefined, async (from) => {
        const { conversations, next_after } = await (from === undefined ? first : load(from));
        return { items: conversations, next_after };
      });
    return Object.assign(first, { [Symbol.asyncIterator]: all });
  }
}
