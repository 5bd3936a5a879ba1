import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { McpRequest } from './tool.ts';

/**
 * The idempotency key of a call: made of the ids that the client's harness has for the call, its turn and its thread, or else that
 * of the HTTP request. Undefined when neither says which call this is: then every request is a call of its own.
 */
export function keyOfCall(
  { key, meta, client }: Pick<McpRequest, 'key' | 'meta' | 'client'>,
  tool: string,
  input: unknown,
): string | undefined {
  const ids = harness.safeParse(meta).data ?? {};
  const call = callOf(ids);
  const isNamed = call !== undefined;
  if (!isNamed && key === undefined) return undefined;
  // Some models number their calls 1, 2, 3 … in every turn.
  const turn = ids['x-codex-turn-metadata']?.turn_id;
  const parts = isNamed ? [client, ids.threadId, turn, call] : [key];
  const hash = createHash('sha256').update(JSON.stringify([...parts, tool, input]));
  return `mcp-${hash.digest('base64url')}`;
}

/** Whether the harness says which of its calls this is. */
export const isNamedCall = ({ meta }: Pick<McpRequest, 'meta'>): boolean =>
  callOf(harness.safeParse(meta).data ?? {}) !== undefined;

const callOf = (ids: z.infer<typeof harness>) => ids['claudecode/toolUseId'] ?? ids.callId;

/** The harness's own name for its thread. Undefined if it does not say. */
export const threadOf = ({ meta, thread }: Pick<McpRequest, 'meta' | 'thread'>) =>
  harness.safeParse(meta).data?.threadId ?? thread;

/** What Claude Code and Codex say of a call. */
const harness = z.looseObject({
  'claudecode/toolUseId': z.string().optional(),
  callId: z.string().optional(),
  threadId: z.string().optional(),
  'x-codex-turn-metadata': z.looseObject({ turn_id: z.string().optional() }).optional(),
});
