import type { z } from 'zod';
import type { conversationPage, createConversationBody, listQuery } from '../contract/http.ts';
import { Conversation, type ConversationHead } from './conversation.ts';
import type { Http, RequestOptions } from './http.ts';
import { paged } from './paged.ts';

export type CreateParams = z.input<typeof createConversationBody>;
export type ListParams = Omit<z.output<typeof listQuery>, 'limit' | 'known'> & {
  /** The most conversations of a page. Default: 100. */
  limit?: number | undefined;
};
export type ConversationPage = z.output<typeof conversationPage>;
/** With `search`, its `excerpt` says where the words were found. */
export type ListedConversation = ConversationPage['conversations'][number];

/** A page, when awaited; every conversation, when iterated with `for await`. */
export type ConversationList = Promise<ConversationPage> & AsyncIterable<ListedConversation>;

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

  /** A conversation whose id is known. Sends no request: the first request that uses it fails if the id is wrong. */
  open(id: string): Conversation {
    return new Conversation(this.#http, id);
  }

  /** Newest first. `await` it for a page, or iterate over all with `for await`. With `search`, those in which its words occur. */
  list({ after, ...params }: ListParams = {}, options?: RequestOptions): ConversationList {
    const load = (from: string | undefined) =>
      this.#http.get<ConversationPage>(pathOf({ ...params, after: from }), options);
    const first = load(after);
    const all = () =>
      paged(undefined as string | undefined, async (from) => {
        const { conversations, next_after } = await (from === undefined ? first : load(from));
        return { items: conversations, next_after };
      });
    return Object.assign(first, { [Symbol.asyncIterator]: all });
  }

  /**
   * The page again if anything in it has changed; otherwise undefined. Meant to be called every few seconds: many clients that call cost
   * the service no more than one, and the answer may be a second old.
   * @param params those with which `page` was listed
   */
  changed(
    page: ConversationPage,
    params: ListParams = {},
    options?: RequestOptions,
  ): Promise<ConversationPage | undefined> {
    const path = pathOf({ ...params, known: page.version });
    return this.#http.get<ConversationPage | undefined>(path, options);
  }
}

function pathOf(params: Record<string, string | number | undefined>): string {
  const given = Object.entries(params).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return `/v1/conversations?${new URLSearchParams(given).toString()}`;
}
