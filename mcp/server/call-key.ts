import { createHash } from 'node:crypto';
import type { McpRequest } from './tool.ts';

/**
 * The idempotency key of a call: that of the HTTP request, or made of the ids that the client's harness has for the call and its
 * thread. Undefined when neither says which call this is: then every request is a call of its own.
 */
export function keyOfCall(
  { key, meta, client }: Pick<McpRequest, 'key' | 'meta' | 'client'>,
  tool: string,
  input: unknown,
): string | undefined {
  const call = meta['claudecode/toolUseId'] ?? meta.callId ?? meta.call_id;
  if (key === undefined && typeof call !== 'string') return undefined;
  const parts = key === undefined ? [client, meta.threadId, call] : [key];
  const hash = createHash('sha256').update(JSON.stringify([...parts, tool, input]));
  return `mcp-${hash.digest('base64url')}`;
}
