/** Responses about the service itself: its readiness, version, tools and agents. */
import { z } from 'zod';
import type { Awaits } from './call.ts';

const awaits = z.enum(['prompt', 'managed'] satisfies Awaits[]);

/** MCP servers, as `/v1/tools` and `/readyz` list them. */
const serverList = z
  .array(
    z.object({
      name: z.string(),
      status: z
        .enum(['starting', 'ready', 'down'])
        .describe(
          'starting: it has not answered yet; down: it cannot be reached, and is tried again.',
        ),
      since: z.iso.datetime().describe('When this status began.'),
      why: z.string().optional().describe('Why it is down.'),
      tools: z.int().describe('How many tools it offers, or did when it last answered.'),
      left_out: z
        .array(z.object({ tool: z.string(), why: z.string() }))
        .describe('Its tools that cannot be offered to a model.'),
    }),
  )
  .optional()
  .describe('The MCP servers of the service. Absent: none are declared.');

export const readiness = z
  .object({
    store: z.literal('ok'),
    temporal: z.literal('ok'),
    live: z
      .literal('delayed')
      .optional()
      .describe(
        'Redis cannot be reached, or is not set: readers see the text of a reply once a second.',
      ),
    mcp_servers: serverList,
  })
  .describe(
    'Every dependency answers. Redis or an MCP server that is down leaves the service ready.',
  );

export const serviceInfo = z
  .object({
    version: z.string(),
    demo_model: z
      .boolean()
      .describe('True: a scripted demo model answers, which is not an AI and follows fixed rules.'),
    temporal_ui: z
      .object({ conversation: z.string(), call: z.string() })
      .optional()
      .describe(
        "Where Temporal's UI shows the workflow of a conversation and of a call: append its id. Absent if the service does not know.",
      ),
  })
  .describe('What this service is.');

export const toolList = z
  .object({
    mcp_servers: serverList,
    tools: z.array(
      z.object({
        kind: z
          .enum(['local', 'remote'])
          .describe("local: runs with the service; remote: another team's service."),
        name: z.string(),
        server: z.string().optional().describe('The MCP server that it belongs to.'),
        description: z.string(),
        input: z.record(z.string(), z.unknown()).describe('JSON Schema of its input.'),
        results: z
          .object({ min: z.int(), max: z.union([z.int(), z.literal('many')]) })
          .describe('How many results a call has, including the last.'),
        awaits: awaits
          .optional()
          .describe('Who awaits the results of a call. Absent: as the agent specifies.'),
        restart: z
          .enum(['resume', 'reattach', 'fail'])
          .optional()
          .describe('What happens to a call after a crash. Only local tools have this.'),
        duplicates: z
          .enum(['allow', 'reject', 'replace', 'confirm'])
          .describe('How a call is handled while an identical one is open.'),
        max_running: z
          .int()
          .optional()
          .describe('Maximum concurrent calls of it in all conversations. Absent: no limit.'),
        approval: z
          .object({ question: z.string().optional(), timeout_ms: z.int() })
          .optional()
          .describe(
            'A person has to approve a call before it runs. Absent: no approval is needed.',
          ),
      }),
    ),
  })
  .describe('Every tool of the service.');

export const agentList = z
  .object({
    agents: z.array(
      z.object({
        name: z.string(),
        model: z.string().optional().describe("Absent: the service's default model."),
        tools: z.array(z.string()),
        awaits: awaits
          .optional()
          .describe(
            'Who awaits the results of tools that do not specify it: the model (prompt), or the service, which suspends the flow of the call (managed). ' +
              'Absent: prompt.',
          ),
      }),
    ),
  })
  .describe('Every agent of the service.');
