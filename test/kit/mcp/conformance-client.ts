/**
 * What the conformance suite runs: it connects as discovery does, and calls each tool as the program of a call does. It answers what a server
 * asks as a person would who only presses the button. The suite appends the URL of its server.
 */
import { z } from 'zod';
import { withDefaults } from '../../../api/answer.ts';
import { performCall } from '../../../mcp/client/call.ts';
import {
  connect,
  type ConnectOptions,
  type McpConnection,
} from '../../../mcp/client/connection.ts';
import { readQuestion } from '../../../mcp/client/elicitation.ts';
import type { McpAnswer, McpAnswers, McpQuestion } from '../../../tools/mcp-spool.ts';
import { inputSchema } from '../../../mcp/client/input-schema.ts';

const url = process.argv.at(-1)!;
const version = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as {
  toolCalls?: { name: string; arguments: Record<string, unknown> }[];
};
const server = { type: 'http' as const, url, headers: {} };
const options: ConnectOptions = {
  allowPrivateUrls: true,
  timeout_ms: 10_000,
  // Discovery would find out; the suite's older servers do not expect the question.
  asked: async (params) => accept(readQuestion(params)),
  ...(version !== '2026-07-28' && { era: { kind: 'legacy' } }),
};

const connection = await connect(server, options);
const { tools } = await connection.client.listTools();
const wanted =
  context.toolCalls ??
  tools.map(({ name, inputSchema }) => ({ name, arguments: argumentsFor(inputSchema) }));
/** One scenario wants to see the schema of another tool as it would reach a model. */
const shown = tools
  .filter(({ name }) => name === 'json_schema_2020_12_tool')
  .map((tool) => z.toJSONSchema(inputSchema(tool.inputSchema), { io: 'input' }))[0];
for (const { name, arguments: input } of wanted) {
  const tool = tools.find((each) => each.name === name);
  if (!tool) continue;
  // As in the host of a server, one connection carries the call and what follows an answer.
  let held: Promise<McpConnection> | undefined;
  const open = async (onProgress: ConnectOptions['onProgress']) => {
    held ??= connect(server, {
      ...options,
      era: connection.era,
      ...(onProgress && { onProgress }),
    });
    return { ...(await held), close: async () => {} };
  };
  for (let answers: McpAnswers | undefined; ;) {
    const outcome = await performCall({
      open,
      tool: name,
      input: shown && 'schema' in input ? { ...input, schema: shown } : input,
      schema: tool.inputSchema,
      idempotency_key: name,
      token: 'call',
      signal: new AbortController().signal,
      onProgress() {},
      began: async () => {},
      withdrawn: async () => {},
      ...(answers && { answers }),
    });
    console.log(name, JSON.stringify(outcome));
    if (outcome.type !== 'asks') break;
    const { questions, state } = outcome;
    const responses = Object.fromEntries(
      Object.entries(questions).map(([key, question]) => [key, accept(question)]),
    );
    const round = (answers?.round ?? 0) + 1;
    answers = { round, responses, ...(state !== undefined && { state }) };
  }
  await (await held)?.close();
}
await connection.close();
process.exit();

function accept({ schema }: McpQuestion): McpAnswer {
  if (!schema) return { action: 'accept' };
  const given = argumentsFor(schema);
  return { action: 'accept', content: { ...given, ...withDefaults(schema, {}) } };
}

function argumentsFor({ properties = {} }: { properties?: object }): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const { type } = schema as { type?: string };
      return [name, type === 'number' || type === 'integer' ? 2 : type === 'boolean' ? true : 'x'];
    }),
  );
}
