/** Makes a tool of this service from a server's declaration of a tool. */
import type { Tool as Upstream } from '@modelcontextprotocol/client';
import { createHash } from 'node:crypto';
import { readableLine } from '../../tools/lines.ts';
import type { ToolBase } from '../../tools/base.ts';
import type { LocalTool } from '../../tools/define.ts';
import { mcpTool } from '../../tools/mcp.ts';
import type { McpProgram } from '../../tools/mcp-program.ts';
import { storableText } from '../../contract/storable.ts';
import type { McpServer, McpToolSettings } from './config.ts';
import { inputSchema } from './input-schema.ts';
import type { McpSession } from './session.ts';

export interface Declaring {
  server: McpServer;
  /** The name that models see. */
  name: string;
  program: McpProgram;
  /** Set if all calls share one process. */
  session?: McpSession;
  /** The declaration differs from the first one that the server gave. */
  hasChanged: boolean;
}

/** @throws UnusableSchema */
export function declareUpstream(upstream: Upstream, declaring: Declaring): LocalTool {
  const { server, name, program, session, hasChanged } = declaring;
  const { tools, session: _session, approve_changes, ...forAll } = server.settings;
  const { offer: _, ...settings } = { ...forAll, ...withoutUndefined(tools[upstream.name] ?? {}) };
  const { restart, approval, ...rest } = settings;
  const hints = upstream.annotations ?? {};
  const isHarmless = hints.readOnlyHint === true;
  const repeatable = restart === 'resume' || isHarmless || hints.idempotentHint === true;
  const declared = {
    progress: true,
    ...rest,
    name,
    description: descriptionOf(upstream),
    input: inputSchema(upstream.inputSchema),
    duplicates: settings.duplicates ?? duplicatesOf(upstream),
    ...approvalOf(approval, upstream, approve_changes && hasChanged),
    server: server.name,
    upstream: upstream.name,
    schema: upstream.inputSchema,
    ...(canBeTask(upstream) && { asTask: true as const }),
    said: withoutUndefined({
      title: upstream.title,
      description: upstream.description,
      annotations: upstream.annotations,
    }),
  };
  // If a shared process is lost, its state is lost too, so a repeated call could have another effect.
  if (session) return session.tool(declared);
  return mcpTool({
    ...declared,
    repeatable: repeatable && restart !== 'fail',
    failsWithWorker: restart === 'fail',
    program,
  });
}

/** Whether a server of protocol 2025-11-25 can make calls of this tool tasks. Later versions do not have this field. */
export function canBeTask({ execution }: Upstream & { execution?: { taskSupport?: string } }) {
  return execution?.taskSupport === 'optional' || execution?.taskSupport === 'required';
}

/** A hash of the parts of a tool's declaration that a model or a person sees. */
export function fingerprint(upstream: Upstream): string {
  const { name, title, description, inputSchema, annotations } = upstream;
  const said = JSON.stringify([name, title, description, inputSchema, annotations]);
  return createHash('sha256').update(said).digest('base64url').slice(0, 22);
}

/** Only explicit hints count: by the protocol's defaults every tool would be destructive. */
function approvalOf(
  wanted: McpToolSettings['approval'],
  { name, annotations: { destructiveHint, readOnlyHint } = {} }: Upstream,
  hasChanged: boolean,
): Pick<ToolBase, 'approval'> {
  if (hasChanged) {
    const question = `The server has changed the definition of its tool ${name.slice(0, 100)}. Run it anyway?`;
    return { approval: { question } };
  }
  const isDestructive = destructiveHint === true && readOnlyHint !== true;
  const approval = wanted ?? isDestructive;
  return approval === false ? {} : { approval };
}

/** If repeating a call could do harm, an identical call is rejected while one is open. */
function duplicatesOf({ annotations = {} }: Upstream): 'allow' | 'reject' {
  const { readOnlyHint, idempotentHint, destructiveHint } = annotations;
  if (readOnlyHint === true || idempotentHint === true) return 'allow';
  return destructiveHint === true || idempotentHint === false ? 'reject' : 'allow';
}

/** At most as long as the description of any tool may be, and only characters that can be stored and shown. */
function descriptionOf({ name, title, description, annotations }: Upstream): string {
  const said = [description, title, annotations?.title, name].find((text) => text?.trim());
  const text = storableText(said ?? name)
    .split('\n')
    .map((line) => readableLine(line, 4 * MOST_CHARS))
    .join('\n')
    .trim();
  return text.length > MOST_CHARS
    ? `${text.slice(0, MOST_CHARS - 2).toWellFormed()} …`
    : text || name;
}

const MOST_CHARS = 900;

const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
