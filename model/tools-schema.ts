/** Declares tools for a model. */
import { z } from 'zod';
import { CANCEL_TOOL } from '../contract/names.ts';
import { ONE_RESULT } from '../contract/result-count.ts';
import { type AwaitsByTool, awaitsByTool } from '../tools/awaits.ts';
import type { Tool } from '../tools/define.ts';
import { DEFAULT_REPORT } from '../contract/report.ts';
import { yieldsProgress } from '../tools/report.ts';
import type { ToolDeclaration } from './message.ts';

/** The tool that the conversation itself handles. Every agent with tools has it. */
export const cancelTool = {
  name: CANCEL_TOOL,
  description: 'Cancels a tool call that is not over.',
  input: z.object({ call_id: z.string().describe('The id of the call, as "calls" names it.') }),
};

/**
 * The tools in their order, then `cancel_call`.
 * @throws Error for a tool whose input is not an object or has no JSON schema: no model could call it.
 */
export function declareTools(
  tools: Iterable<Tool>,
  awaiting: AwaitsByTool = awaitsByTool({}, []),
): ToolDeclaration[] {
  return [...Array.from(tools, (tool) => declareTool(tool, awaiting)), declareCancel()];
}

let cancel: ToolDeclaration | undefined;

const declareCancel = () =>
  (cancel ??= declaration({
    ...cancelTool,
    parameters: parameters(cancelTool.name, cancelTool.input),
  }));

export const declareTool = (tool: Tool, awaiting: AwaitsByTool) =>
  declareOnce(tool, styleOf(tool, awaiting));

/** What the description says about who awaits the results; `plain` when the developer prompt has said it. */
type Style = 'plain' | 'you wait' | 'managed';

function styleOf(tool: Tool, { all, of }: AwaitsByTool): Style {
  if (of(tool) === 'managed') return 'managed';
  return all === 'mixed' ? 'you wait' : 'plain';
}

/** True when the model may say at which progress it wants to be told (R7). An input field of that name belongs to the tool. */
export function takesReport(tool: Tool): boolean {
  return yieldsProgress(tool) && !('report' in properties(tool));
}

/** A cache of declarations: a schema takes a while to make, and is part of every request. */
const declared = {
  plain: new WeakMap<Tool, ToolDeclaration>(),
  'you wait': new WeakMap<Tool, ToolDeclaration>(),
  managed: new WeakMap<Tool, ToolDeclaration>(),
} satisfies Record<Style, unknown>;

function declareOnce(tool: Tool, style: Style): ToolDeclaration {
  const known = declared[style].get(tool) ?? declare(tool, style);
  declared[style].set(tool, known);
  return known;
}

function declare(tool: Tool, style: Style): ToolDeclaration {
  const schema = parameters(tool.name, tool.input);
  return declaration({
    name: tool.name,
    description: [tool.description, expectedResults(tool, style), ...conditions(tool)].join(' '),
    // Progress of a managed call is not reported.
    parameters:
      takesReport(tool) && style !== 'managed'
        ? { ...schema, properties: { ...properties(tool), report: reportParameter(tool) } }
        : schema,
  });
}

function declaration({ name, description, parameters }: ToolDeclaration): ToolDeclaration {
  return { name, description, parameters };
}

function parameters(name: string, input: z.ZodType): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(input, { io: 'input' });
  if (schema.type !== 'object') {
    throw new Error(`The input of the tool ${name} must be an object.`);
  }
  return schema;
}

function properties(tool: Tool): Record<string, unknown> {
  return (parameters(tool.name, tool.input).properties ?? {}) as Record<string, unknown>;
}

function reportParameter(tool: Tool) {
  return {
    type: 'string',
    description:
      'When you want to be told of the progress: "every 25 percent", "every minute" or "only the end". ' +
      `Set it when the user says how often to hear. Default: "${tool.report ?? DEFAULT_REPORT}".`,
  };
}

/** Short, since a description has to stay within the limits of providers. */
function conditions({ approval, duplicates = 'allow' }: Tool): string[] {
  const repeat = {
    allow: [],
    reject: ['The same call twice at once is refused.'],
    replace: ['The same call again replaces it.'],
    confirm: ['The same call twice needs a yes.'],
  };
  return [...(approval ? ['A person has to agree first.'] : []), ...repeat[duplicates]];
}

function expectedResults({ results = ONE_RESULT }: Tool, style: Style): string {
  const { min, max } = results;
  if (style !== 'plain') {
    const count = min === max ? max : `between ${min} and ${max}`;
    const returns = `returns ${count} ${count === 1 ? 'result' : 'results'}.`;
    return `${style === 'managed' ? 'Managed' : 'You wait'}: ${returns}`;
  }
  if (min !== max) return `Returns between ${min} and ${max} asynchronous results.`;
  if (max === 0) return 'Returns no result.';
  if (max === 1) return 'Returns 1 result.';
  return `Returns ${max} asynchronous results; wait for ${max === 2 ? 'both' : 'all of them'}.`;
}
