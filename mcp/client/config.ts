/** `mcp.json`: the MCP servers whose tools are tools of this service's agents, in the format that other MCP clients read too. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { refuseUrl } from '../../security/remote/address.ts';
import { approvalDetails, commonFields } from '../../tools/common-fields.ts';
import type { HttpServer, StdioServer } from '../../tools/declared-server.ts';
import { expand, NotSet } from './expand.ts';

/** A server as it is declared, with every variable replaced. */
export interface McpServer {
  name: string;
  transport: StdioServer | HttpServer;
  /** Settings for all of its tools, and by tool the settings that override them. */
  settings: McpServerSettings;
}

export type McpServerSettings = z.infer<typeof serverSettings>;
export type McpToolSettings = z.infer<typeof toolSettings>;

/** The file is invalid. The message is complete, one line for each mistake: show it and stop. */
export class McpConfigError extends Error {
  override name = 'McpConfigError';
}

export interface ReadOptions {
  /** The variables that `${NAME}` refers to. */
  environment: Record<string, string | undefined>;
  allowPrivateUrls: boolean;
}

/** @throws McpConfigError naming the file, the place in it and what is allowed there */
export async function readServers(path: string, options: ReadOptions): Promise<McpServer[]> {
  const file = resolve(path);
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new McpConfigError(`${file}: cannot be read: ${error.message}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new McpConfigError(`${file}: is not valid JSON: ${(error as Error).message}`);
  }
  const parsed = mcpFile.safeParse(json);
  if (!parsed.success) throw new McpConfigError(explain(file, parsed.error.issues).join('\n'));
  const problems: string[] = [];
  const servers = Object.entries(parsed.data.mcpServers)
    .filter(([, { disabled }]) => !disabled)
    .flatMap(([name, given]) => {
      try {
        return [declared(name, given, dirname(file), options)];
      } catch (error) {
        if (!(error instanceof Mistake)) throw error;
        problems.push(`${file}: mcpServers.${name}.${error.message}`);
        return [];
      }
    });
  if (problems.length > 0) throw new McpConfigError(problems.join('\n'));
  return servers;
}

const forTool = {
  ...commonFields,
  restart: z
    .enum(['reattach', 'resume', 'fail'], "must be 'reattach', 'resume' or 'fail'")
    .optional(),
  approval: z
    .union([z.boolean(), approvalDetails], 'must be true, false, or { question, timeout_ms }')
    .optional(),
};

const toolSettings = z.strictObject({
  ...forTool,
  /** False: the tool is hidden from every agent. */
  offer: z.boolean().optional(),
});

const serverSettings = z.strictObject({
  ...forTool,
  /**
   * `warm`: one host makes all calls and outlives the worker. `own`: a process of its own for each call. `shared`: one process for
   * all calls, which keeps state between them and ends with the worker.
   */
  session: z.enum(['warm', 'own', 'shared'], "must be 'warm', 'own' or 'shared'").default('warm'),
  /** A tool whose declaration has changed since it was first seen needs a person's approval. */
  approve_changes: z.boolean().default(false),
  tools: z.record(z.string(), toolSettings).default({}),
});

// Other clients have fields of their own next to these, which are ignored. `meanwhile` is ours, so an unknown field in it is an error.
const common = {
  disabled: z.boolean().optional(),
  meanwhile: serverSettings.prefault({}),
};

const TYPES =
  'must be stdio (with command) or http (with url); the old transport sse is not supported';

const stdioServer = z.object({
  type: z.literal('stdio', TYPES).optional(),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().min(1).optional(),
  ...common,
});

const httpServer = z.object({
  type: z.enum(['http', 'streamable-http'], TYPES),
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  ...common,
});

const server = z.looseObject({}).transform((given, context) => {
  const isHttp = 'url' in given || (given.type !== undefined && given.type !== 'stdio');
  const schema = isHttp ? httpServer : stdioServer;
  const parsed = schema.safeParse(isHttp ? { type: 'http', ...given } : given);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
  }
  return z.NEVER;
});

const mcpFile = z.looseObject({
  mcpServers: z.record(
    z.string().regex(/^[^\p{Cc}]{1,100}$/u, 'must be a name of at most 100 characters'),
    server,
    'must be an object with a field for each server',
  ),
});

class Mistake extends Error {}

function declared(
  name: string,
  given: z.infer<typeof server>,
  folder: string,
  { environment, allowPrivateUrls }: ReadOptions,
): McpServer {
  const fill = (place: string, text: string) => {
    try {
      return expand(text, environment);
    } catch (error) {
      if (error instanceof NotSet) throw new Mistake(`${place}: ${error.message}`);
      throw error;
    }
  };
  const fillAll = (place: string, texts: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, fill(`${place}.${key}`, text)]),
    );
  const settings = given.meanwhile;
  if ('command' in given) {
    const transport: StdioServer = {
      type: 'stdio',
      command: fill('command', given.command),
      args: given.args.map((text, index) => fill(`args.${index}`, text)),
      env: fillAll('env', given.env),
      cwd: resolve(folder, fill('cwd', given.cwd ?? '.')),
    };
    return { name, transport, settings };
  }
  if (settings.session === 'shared') {
    throw new Mistake('meanwhile.session: shared is for servers with a command.');
  }
  const url = fill('url', given.url);
  const problem = refuseUrl(url, { allowPrivate: allowPrivateUrls });
  if (problem) throw new Mistake(`url: ${problem}.`);
  const headers = fillAll('headers', given.headers);
  return { name, transport: { type: 'http', url, headers }, settings };
}

function explain(file: string, issues: z.core.$ZodIssue[]): string[] {
  return issues.map(({ path, message }) => `${file}: ${path.map(String).join('.')}: ${message}.`);
}
