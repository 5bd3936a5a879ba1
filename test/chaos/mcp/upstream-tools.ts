/** The tools of the MCP servers of a chaos run. Which of them may run again is what their annotations say, and nothing else. */
export const UPSTREAM_TOOLS: Record<string, UpstreamTool> = {
  pours: { isTask: false, annotations: {} },
  mops: { isTask: false, annotations: { idempotentHint: true } },
  peeks: { isTask: false, annotations: { readOnlyHint: true } },
  mills: { isTask: true, annotations: {} },
};

export function isRepeatable(tool: string): boolean {
  const { idempotentHint, readOnlyHint } = UPSTREAM_TOOLS[tool]!.annotations;
  return idempotentHint === true || readOnlyHint === true;
}

interface UpstreamTool {
  /** A task, over HTTP, for clients that have tasks. */
  isTask: boolean;
  annotations: { idempotentHint?: true; readOnlyHint?: true };
}

/**
 * By name in mcp.json. `shop`: a program, whose calls share a process. `plant`: at a URL. `kiosk`: the same, with a process for
 * each call.
 */
export const UPSTREAM_SERVERS = ['shop', 'plant', 'kiosk'] as const;
/** Their calls share a process, so they can be made at once. */
export const SHARED_SERVERS = ['shop', 'plant'] as const;
export type UpstreamServer = (typeof UPSTREAM_SERVERS)[number];
