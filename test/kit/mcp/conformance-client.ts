/**
 * What the conformance suite runs: it connects as discovery does, and calls each tool as the program of a call does. The suite
 * appends the URL of its server.
 */
import { z } from 'zod';
import { performCall } from '../../../mcp/client/call.ts';
import { connect, type ConnectOptions } from '../../../mcp/client/connection.ts';
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
  const outcome = await performCall({
    open: (heard) => connect(server, { ...options, era: connection.era, heard }),
    tool: name,
    input: shown && 'schema' in input ? { ...input, schema: shown } : input,
    schema: tool.inputSchema,
    idempotency_key: name,
    token: 'call',
    signal: new AbortController().signal,
    heard() {},
    began: async () => {},
  });
  console.log(name, JSON.stringify(outcome));
}
await connection.close();
process.exit();

function argumentsFor({ properties = {} }: { properties?: object }): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const { type } = schema as { type?: string };
      return [name, type === 'number' || type === 'integer' ? 2 : type === 'boolean' ? true : 'x'];
    }),
  );
}
