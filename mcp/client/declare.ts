/** What a server says of a tool, as a tool of this service. */
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
  /** Its name here. */
  name: string;
  program: McpProgram;
  /** Set if all calls share one process. */
  session?: McpSession;
  /** The declaration is not the one that was seen first. */
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
  // With a shared process a lost outcome means that its state is gone too: the same call would not do the same.
  if (session) return session.tool(declared);
  return mcpTool({
    ...declared,
    repeatable: repeatable && restart !== 'fail',
    failsWithWorker: restart === 'fail',
    program,
  });
}

/** In the way of protocol 2025-11-25; later ones do not know this field. */
export function canBeTask({ execution }: Upstream & { execution?: { taskSupport?: string } }) {
  return execution?.taskSupport === 'optional' || execution?.taskSupport === 'required';
}

/** A stable id of everything that a server says of a tool. */
export function fingerprint(upstream: Upstream): string {
  const { name, title, description, inputSchema, annotations } = upstream;
  const said = JSON.stringify([name, title, description, inputSchema, annotations]);
  return createHash('sha256').update(said).digest('base64url').slice(0, 22);
}

/** Only what a server says outright counts: by the protocol's own defaults every tool would be destructive. */
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

/** A call that must not happen twice is not made while the same call is open. */
function duplicatesOf({ annotations = {} }: Upstream): 'allow' | 'reject' {
  const { readOnlyHint, idempotentHint, destructiveHint } = annotations;
  if (readOnlyHint === true || idempotentHint === true) return 'allow';
  return destructiveHint === true || idempotentHint === false ? 'reject' : 'allow';
}

/** Within the limit that every tool has, in characters that can be stored and shown. */
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
