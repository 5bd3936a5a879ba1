import type { z } from 'zod';
import type { createdToken, createTokenBody } from '../contract/access.ts';
import type { Entry, EntryKind } from '../contract/entry.ts';
import type {
  answerAccepted,
  answerCallBody,
  callAccepted,
  closeAccepted,
  conversation,
  decideCallBody,
  decisionAccepted,
  interruptAccepted,
  interruptBody,
  messageAccepted,
  sendMessageBody,
} from '../contract/http.ts';
import type { ResultNumber } from '../contract/stored.ts';
import type { Turn } from '../contract/turns.ts';
import { follow, type FollowOptions } from './follow.ts';
import { createFold, type Fold } from './fold.ts';
import type { Http, RequestOptions } from './http.ts';
import { paged } from './paged.ts';
import type { ConversationState } from './state.ts';
import type { StreamItem } from './stream.ts';

/** A conversation as `GET /v1/conversations/:id` returns it: what it is doing now. */
export type ConversationHead = z.output<typeof conversation>;

export type SendParams = z.input<typeof sendMessageBody>;
export type CreateTokenParams = z.input<typeof createTokenBody>;
export type InterruptParams = z.input<typeof interruptBody>;
type Decided = z.input<typeof decideCallBody>;
export type AnswerParams = z.input<typeof answerCallBody>;
export type ApproveParams = Pick<Decided, 'author'>;
export type DenyParams = Pick<Decided, 'author' | 'reason'>;

export interface EntriesParams {
  /** Entries with a higher seq. Default: 0. */
  after?: number | undefined;
  /** Only these kinds. */
  kinds?: readonly EntryKind[] | undefined;
  /** At most this many entries. Default: all. */
  limit?: number | undefined;
}

/** One conversation. Create or find one with `meanwhile.conversations`. */
export class Conversation {
  readonly id: string;
  readonly #http: Http;
  readonly #path: string;
  readonly #fold: Fold = createFold();

  constructor(http: Http, id: string) {
    this.id = id;
    this.#http = http;
    this.#path = `/v1/conversations/${encodeURIComponent(id)}`;
  }

  /** Sends a message. The answer arrives on the stream. */
  send(
    message: string | SendParams,
    options?: RequestOptions,
  ): Promise<z.output<typeof messageAccepted>> {
    const body = typeof message === 'string' ? { text: message } : message;
    return this.#http.post(`${this.#path}/messages`, body, options);
  }

  /** A token for this conversation alone, to be handed to a browser: its client takes it as `apiKey`. Needs a key. */
  createToken(
    params: CreateTokenParams = {},
    options?: RequestOptions,
  ): Promise<z.output<typeof createdToken>> {
    return this.#http.post(`${this.#path}/tokens`, params, options);
  }

  /** Stops the reply in flight, calls, or both. With `text`, also sends a message. Default: both. */
  interrupt(
    { scope = 'all', ...more }: Partial<InterruptParams> = {},
    options?: RequestOptions,
  ): Promise<z.output<typeof interruptAccepted>> {
    return this.#http.post(`${this.#path}/interrupt`, { scope, ...more }, options);
  }

  /** Lets a call run that awaits approval. Repeating the decision changes nothing; the opposite one is a ConflictError. */
  approve(
    callId: string,
    params: ApproveParams = {},
    options?: RequestOptions,
  ): Promise<z.output<typeof decisionAccepted>> {
    return this.#decide(callId, { decision: 'approve', ...params }, options);
  }

  /** Refuses a call that awaits approval. The model is told the reason. Repeating the decision changes nothing. */
  deny(
    callId: string,
    params: DenyParams = {},
    options?: RequestOptions,
  ): Promise<z.output<typeof decisionAccepted>> {
    return this.#decide(callId, { decision: 'deny', ...params }, options);
  }

  #decide(
    callId: string,
    body: Decided,
    options?: RequestOptions,
  ): Promise<z.output<typeof decisionAccepted>> {
    return this.#http.post(`${this.#call(callId)}/approval`, body, options);
  }

  /** Answers the question of a running call. Without `question_id`: the one that it asks now. */
  answer(
    callId: string,
    params: AnswerParams,
    options?: RequestOptions,
  ): Promise<z.output<typeof answerAccepted>> {
    return this.#http.post(`${this.#call(callId)}/answer`, params, options);
  }

  /** Cancels a call. A call that is over stays as it is. */
  cancel(callId: string, options?: RequestOptions): Promise<z.output<typeof callAccepted>> {
    return this.#http.post(`${this.#call(callId)}/cancel`, {}, options);
  }

  /** Ends the conversation for good. */
  close(options?: RequestOptions): Promise<z.output<typeof closeAccepted>> {
    return this.#http.post(`${this.#path}/close`, {}, options);
  }

  /**
   * Follows the conversation: its log from the first entry on, then everything as it happens. Reconnects until the conversation is
   * closed or `signal` aborts, and yields each entry exactly once. What it yields is in `state()` already.
   */
  async *follow(options: FollowOptions = {}): AsyncGenerator<StreamItem, void, void> {
    for await (const item of follow(this.#http, this.id, options)) {
      this.#fold.apply(item);
      yield item;
    }
  }

  /** The state that a user interface shows, from the items that `follow` has yielded. The same object until something changes. */
  state(): ConversationState {
    return this.#fold.state();
  }

  /** The conversation's state, metadata and newest seq, without its log. */
  head(options?: RequestOptions): Promise<ConversationHead> {
    return this.#http.get(this.#path, options);
  }

  /** The log, without following it. */
  async *entries(
    { after = 0, kinds = [], limit = Infinity }: EntriesParams = {},
    options?: RequestOptions,
  ): AsyncGenerator<Entry, void, void> {
    const only = kinds.map((kind) => `&kind=${kind}`).join('');
    const size = Math.min(limit, MOST_ON_A_PAGE);
    const all = paged(after, (from) =>
      this.#http
        .get<EntryPage>(`${this.#path}/entries?limit=${size}&after=${from}${only}`, options)
        .then(({ entries, next_after }) => ({ items: entries, next_after })),
    );
    let given = 0;
    for await (const entry of all) {
      yield entry;
      given += 1;
      if (given >= limit) return;
    }
  }

  /** Why the agent spoke, turn by turn. */
  turns(
    { after = 0 }: { after?: number } = {},
    options?: RequestOptions,
  ): AsyncGenerator<Turn, void, void> {
    return paged(after, (from) =>
      this.#http
        .get<TurnPage>(`${this.#path}/turns?limit=${MOST_ON_A_PAGE}&after=${from}`, options)
        .then(({ turns, next_after }) => ({ items: turns, next_after })),
    );
  }

  /** A large result in full. @param n as in `stored` */
  result<T = unknown>(callId: string, n: ResultNumber, options?: RequestOptions): Promise<T> {
    return this.#http.get(`${this.#call(callId)}/results/${n}`, options);
  }

  #call(id: string): string {
    return `${this.#path}/calls/${encodeURIComponent(id)}`;
  }
}

const MOST_ON_A_PAGE = 1_000;

interface EntryPage {
  entries: Entry[];
  next_after?: number;
}

interface TurnPage {
  turns: Turn[];
  next_after?: number;
}
