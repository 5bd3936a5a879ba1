/** Calls that begin before their conversation hears of them: one that ends within the grace time needs no workflow. */
import type { RequestedCall } from './call.ts';
import type { ConversationKey } from './names.ts';
import type { CallEnd } from './signals.ts';

/** All that is needed to tell its conversation of it, in this process or in the next. */
export interface QuickCall {
  conversation: ConversationKey;
  /** The conversation's agent. The conversation may not have begun yet. */
  agent: string;
  thread?: string;
  call: RequestedCall;
}

export type QuickOutcome =
  /** `isRepeat`: it was begun before, so its conversation is told of it already. `answer`: the server's own. */
  | { type: 'ended'; end: CallEnd; answer?: unknown; isRepeat: boolean }
  /** It takes longer, or has something to report: a workflow has to take it over. */
  | { type: 'goes_on' }
  /** It was not begun: it has to begin in its workflow. */
  | { type: 'not_quick' };

export interface QuickRunner {
  /** @param options.stop aborts when it has to be taken over at once */
  run(call: QuickCall, options: { grace_ms: number; stop: AbortSignal }): Promise<QuickOutcome>;
  /** Its conversation has heard of it. */
  heard(call: QuickCall): Promise<void>;
  /** Calls of earlier processes of which no conversation may have heard. */
  left(): Promise<QuickCall[]>;
}
