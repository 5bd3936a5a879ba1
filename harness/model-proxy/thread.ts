/** Reads from a request which thread of a harness it belongs to, and whether it is a turn. Pure. */
import { z } from 'zod';

export interface HarnessRequest {
  /** The harness's program and its id of the thread. Undefined if the request names no thread: the proxy then adds nothing. */
  thread?: { client: string; id: string };
  /** The request is not a turn but, say, for a summary or a title: the model sees its calls, and can make none. */
  isAside: boolean;
}

type Headers = Record<string, string | string[] | undefined>;

export function read(body: Record<string, unknown>, headers: Headers): HarnessRequest {
  const { data: metadata } = codexMetadata.safeParse(body['client_metadata']);
  const turn = parsed(metadata?.['x-codex-turn-metadata']);
  const id = [
    headers['meanwhile-thread'],
    turn.thread_id,
    headers['thread-id'],
    headers['session-id'],
    headers['session_id'],
    headers['x-session-id'],
    headers['x-session-affinity'],
    body['prompt_cache_key'],
  ].find((each) => typeof each === 'string' && each !== '' && each.length <= 200);
  const client = clientOf(headers);
  return {
    ...(typeof id === 'string' && { thread: { client, id } }),
    isAside:
      (turn.request_kind ?? 'turn') !== 'turn' ||
      body['tool_choice'] === 'none' ||
      // The turns of opencode have tools. Its requests for titles and summaries have none.
      ((isStructured(body) || client === 'opencode') && !hasTools(body)),
  };
}

const codexMetadata = z.looseObject({ 'x-codex-turn-metadata': z.string().optional() });
const turnMetadata = z.looseObject({
  thread_id: z.string().optional(),
  request_kind: z.string().optional(),
});

function parsed(text: string | undefined): z.infer<typeof turnMetadata> {
  try {
    return turnMetadata.parse(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

/** The name of the harness. All programs of one harness have the same name, since they share its threads. */
function clientOf(headers: Headers): string {
  const name = String(headers['originator'] ?? headers['user-agent'] ?? 'harness');
  // Codex's app-server sends the name of its front end as the originator.
  const isCodex = Object.keys(headers).some((header) => header.startsWith('x-codex-'));
  if (isCodex || /codex/i.test(name)) return 'codex';
  const [word = ''] = name.split(/[/ ]/);
  return word.replaceAll(/[^\w.-]/g, '-').slice(0, 50) || 'harness';
}

const isStructured = ({ text, response_format }: Record<string, unknown>) => {
  const format = (text as { format?: { type?: string } } | undefined)?.format ?? response_format;
  const type = (format as { type?: string } | undefined)?.type ?? 'text';
  return type !== 'text';
};

const hasTools = ({ tools }: Record<string, unknown>) => Array.isArray(tools) && tools.length > 0;
