import { Conversations } from './conversations.ts';
import { type ClientOptions, Http } from './http.ts';

/** A client of the service, for Node and browsers. */
export class Meanwhile extends Http {
  readonly conversations: Conversations;

  constructor(options: ClientOptions = {}) {
    super(options);
    this.conversations = new Conversations(this);
  }
}
