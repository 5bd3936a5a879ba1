/** Calls that begin before their conversation is told: one that ends within the grace time needs no workflow. */
import type { RequestedCall } from './call.ts';
import type { ConversationKey } from './names.ts';
import type { CallEnd } from './signals.ts';

/** A call, with what is needed to record it in its conversation, in this process or in the next. */
export interface QuickCall {
  conversation: ConversationKey;
  /** The conversation's agent. The conversation may not have begun yet. */
  agent: string;
  thread?: string;
  call: RequestedCall;
}

export type QuickOutcome =
  /** `isRepeat`: an earlier request began it, and records it. `answer`: the MCP server's own answer. */
  | { type: 'ended'; end: CallEnd; answer?: unknown; isRepeat: boolean }
  /** It takes longer, or has something to report: a workflow has to take it over. */
  | { type: 'goes_on' }
  /** It was not begun, and has to begin in its workflow. */
  | { type: 'not_quick' };

export interface QuickRunner {
  /** @param options.stop aborts when it has to be taken over at once */
  run(call: QuickCall, options: { grace_ms: number; stop: AbortSignal }): Promise<QuickOutcome>;
  /** Stops what it has begun, for a call that nobody can take over. */
  stop(call: QuickCall): Promise<void>;
  /** Its conversation has recorded it, so the process may forget it. */
  recorded(call: QuickCall): Promise<void>;
  /** Calls of earlier processes that may not have been recorded. */
  unrecorded(): Promise<QuickCall[]>;
}
