/** The operations of the tools on conversations. They use the functions of the HTTP routes, so they behave alike. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type {
  answerCallBody,
  createConversationBody,
  decideCallBody,
  interruptBody,
  sendMessageBody,
} from '../../contract/http.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { CallEnd } from '../../contract/signals.ts';

interface ToolRequest {
  tenant: string;
  client: string;
  thread?: string | undefined;
  tool: string;
  input: unknown;
}

export interface ConversationActions {
  begin(request: {
    tenant: string;
    body: z.infer<typeof createConversationBody>;
    key?: string;
  }): Promise<{ id: string; message_id?: string }>;
  send(
    conversation: ConversationKey,
    request: { body: z.infer<typeof sendMessageBody>; key?: string },
  ): Promise<{ message_id: string }>;
  interrupt(
    conversation: ConversationKey,
    body: z.infer<typeof interruptBody> & { by?: string },
    key?: string,
  ): Promise<{ message_id?: string }>;
  /** @param by becomes the actor's id */
  cancelCall(conversation: ConversationKey, callId: string, by?: string): Promise<void>;
  /** Runs a tool for a client that has a model of its own. */
  requestCall(
    request: ToolRequest & {
      key?: string | undefined;
      /** Whether the client names its calls. If it does not, an open call of its thread with the same tool and input is joined. */
      isNamed: boolean;
      /** Whether the client has disconnected. */
      isGone: () => boolean;
      /** Called with the id of the call before the call can have a result. */
      is: (call_id: string) => void;
    },
  ): Promise<{
    conversation: ConversationKey;
    call_id: string;
    /** The end of the call, if it is over already. `goes_on`: the grace time has passed without one. */
    made?: CallEnd | 'goes_on';
    /** The answer of an MCP server, unchanged. */
    answer?: CallToolResult;
    /** It had ended before it was requested this time: its result may be news. */
    isRepeat?: true;
  }>;
  /**
   * Cancels the call of a request that the client no longer waits for. One that has ended stays as it is.
   * @param request.call_id the call that it is, if that is known. Default: the one that it asks for if it joined none
   * @returns false if it is known to have ended
   */
  cancelRequest(request: ToolRequest & { key: string; call_id?: string }): Promise<boolean>;
  /** Records that the client was sent the entries with these seqs. */
  deliver(conversation: ConversationKey, of: number[]): Promise<void>;
  /** Records that the client has everything up to the entry with this seq. */
  acknowledge(conversation: ConversationKey, to: number): Promise<void>;
  close(conversation: ConversationKey, by?: string): Promise<void>;
  decide(
    conversation: ConversationKey,
    decision: { call_id: string; body: z.infer<typeof decideCallBody> },
  ): Promise<void>;
  answer(
    conversation: ConversationKey,
    answer: { call_id: string; body: z.infer<typeof answerCallBody> },
  ): Promise<void>;
  /** The problem that an HTTP client would get. Undefined for a fault of the service. */
  problemOf(error: unknown): { code: string; detail: string } | undefined;
}

/** What a model can do about each problem code. */
const ADVICE: Record<string, string> = {
  conversation_not_found: 'Check the conversation_id, or begin a new one with start_conversation.',
  conversation_closed: 'Begin a new one with start_conversation.',
  conversation_lost: 'Begin a new one with start_conversation.',
  conversation_busy: 'Wait with next_results, or send it with when_busy "queue" or "interrupt".',
  rate_limited: 'Wait as long as it says, then try the same call again.',
  store_unavailable: 'Nothing is lost. Try the same call again in a few seconds.',
  temporal_unavailable: 'Nothing is lost. Try the same call again in a few seconds.',
};

/** The message of an error for the client's model. Undefined for a fault of the service. */
export function explain(talk: Pick<ConversationActions, 'problemOf'>, error: unknown) {
  const problem = talk.problemOf(error);
  if (!problem) return undefined;
  const { code, detail } = problem;
  return [`${code}: ${detail}`, ADVICE[code]].filter(Boolean).join(' ');
}
