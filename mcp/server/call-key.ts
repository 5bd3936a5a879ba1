import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { McpRequest } from './tool.ts';

/**
 * The idempotency key of a call: a hash of the harness's ids of the call, its turn and its thread, or else of the `Idempotency-Key` of
 * the HTTP request. Undefined without either: every request is then a call of its own.
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

/** Whether the harness sends an id for the call. */
export const isNamedCall = ({ meta }: Pick<McpRequest, 'meta'>): boolean =>
  callOf(harness.safeParse(meta).data ?? {}) !== undefined;

const callOf = (ids: z.infer<typeof harness>) => ids['claudecode/toolUseId'] ?? ids.callId;

/** The harness's own id of its thread. Undefined if it sends none. */
export const threadOf = ({ meta, thread }: Pick<McpRequest, 'meta' | 'thread'>) =>
  harness.safeParse(meta).data?.threadId ?? thread;

/** The ids that Claude Code and Codex send with a call. */
const harness = z.looseObject({
  'claudecode/toolUseId': z.string().optional(),
  callId: z.string().optional(),
  threadId: z.string().optional(),
  'x-codex-turn-metadata': z.looseObject({ turn_id: z.string().optional() }).optional(),
});
