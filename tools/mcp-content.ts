/** Converts the result of an MCP tool for the model and for clients. */
import { isDeepStrictEqual } from 'node:util';
import { Described } from './described.ts';
import type { McpBlock, McpResult } from './mcp-spool.ts';

/**
 * Structured content replaces a text with the same content. Content that a model cannot read, such as an image, is described to it and
 * stored unchanged.
 * @param maxBytes binary content with more characters of base64 is not stored
 */
export function resultOf(result: McpResult, maxBytes: number): unknown {
  const { content, structuredContent } = result;
  const kept = content.map((block) => withoutExcess(block, maxBytes));
  const parts = content
    .filter((block) => !says(block, structuredContent))
    .map((block) => readable(block, maxBytes));
  const shown = shownOf(parts, structuredContent);
  if (!content.some((block) => binaryOf(block) !== undefined)) return shown;
  const whole = { content: kept, ...(structuredContent !== undefined && { structuredContent }) };
  return new Described({ readable: shown, whole });
}

/** The server's full text about the failure of a call. */
export function errorText({ content, structuredContent }: McpResult): string {
  const texts = content.map((block) => {
    const part = readable(block, 0);
    return typeof part === 'string' ? part : JSON.stringify(part);
  });
  const isNew = structuredContent !== undefined && !content.some((b) => says(b, structuredContent));
  const all = [...texts, ...(isNew ? [JSON.stringify(structuredContent)] : [])];
  return all.join('\n') || 'The server gave no reason for the failure.';
}

function shownOf(parts: unknown[], structured: unknown): unknown {
  if (structured !== undefined) {
    return parts.length === 0 ? structured : { structured, content: parts };
  }
  return parts.length > 1 ? parts : (parts[0] ?? null);
}

/** Whether a text repeats the structured content, as servers do for clients that support only text. */
function says(block: McpBlock, structured: unknown): boolean {
  if (structured === undefined || block.type !== 'text') return false;
  try {
    return isDeepStrictEqual(JSON.parse(String(block.text)), structured);
  } catch {
    return false;
  }
}

interface Binary {
  data: string;
  mimeType?: string;
}

function binaryOf({ type, data, mimeType, resource }: McpBlock): Binary | undefined {
  if (type === 'image' || type === 'audio') return asBinary(data, mimeType);
  if (type !== 'resource' || typeof resource !== 'object' || resource === null) return undefined;
  const { blob, mimeType: ofResource } = resource as Record<string, unknown>;
  return blob === undefined ? undefined : asBinary(blob, ofResource);
}

const asBinary = (data: unknown, mimeType: unknown): Binary => ({
  data: typeof data === 'string' ? data : '',
  ...(typeof mimeType === 'string' && { mimeType }),
});

function readable(block: McpBlock, maxBytes: number): unknown {
  if (block.type === 'text') return block.text;
  const binary = binaryOf(block);
  if (!binary) {
    const { annotations: _, _meta, ...told } = block;
    return told;
  }
  const { uri } = (block.resource ?? {}) as { uri?: unknown };
  const bytes = Math.floor((binary.data.length * 3) / 4);
  return {
    type: block.type,
    ...(typeof uri === 'string' && { uri }),
    ...(binary.mimeType !== undefined && { mimeType: binary.mimeType }),
    bytes,
    note: binary.data.length > maxBytes ? TOO_LARGE : 'Stored. You cannot see it; the user can.',
  };
}

const TOO_LARGE = 'Too large to keep.';

function withoutExcess(block: McpBlock, maxBytes: number): McpBlock {
  const binary = binaryOf(block);
  if (!binary || binary.data.length <= maxBytes) return block;
  if (block.type !== 'resource') return { ...block, data: '', note: TOO_LARGE };
  return { ...block, resource: { ...(block.resource as object), blob: '' }, note: TOO_LARGE };
}
