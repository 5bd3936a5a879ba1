import { ApplicationFailure } from '@temporalio/common';
import type { Settings } from '../../config.ts';
import { READ_TOOL } from '../../contract/names.ts';
import type { Slots, ToolFacts } from '../../contract/call.ts';
import { type Catalogue, toolOfCall } from '../../tools/catalogue.ts';
import { ONE_RESULT } from '../../contract/result-count.ts';
import { isRemote, type LocalTool, type Tool } from '../../tools/define.ts';
import type { RemoteTool } from '../../tools/remote.ts';

/**
 * The activity returns what the call workflow has to know about a tool. The workflow cannot read it itself: on replay the catalogue
 * may be different.
 * @throws ApplicationFailure `UnknownTool`, non-retryable; `ToolNotKnownYet` while the tool's server has not answered
 */
export function createDescribeTools({
  catalogue,
  settings,
}: {
  catalogue: Catalogue;
  settings: Pick<Settings, 'MEANWHILE_MAX_RUNNING_PER_TENANT'>;
}) {
  return async function describeTool(name: string): Promise<ToolFacts> {
    const tool = await toolOfCall(catalogue, name);
    if (tool) {
      const slots = slotsOf(tool, settings.MEANWHILE_MAX_RUNNING_PER_TENANT);
      return { ...(isRemote(tool) ? remoteFacts(tool) : factsOf(tool)), ...(slots && { slots }) };
    }
    const missing = `There is no tool named ${name}.`;
    if (!isExpected(catalogue, name)) throw ApplicationFailure.nonRetryable(missing, 'UnknownTool');
    throw ApplicationFailure.retryable(
      `${missing} Its server has not answered.`,
      'ToolNotKnownYet',
    );
  };
}

/** Whether its server, which has not answered yet, may offer the tool. */
const isExpected = ({ servers }: Catalogue, name: string) =>
  servers?.owns(name) === true && servers.status().some(({ status }) => status !== 'ready');

/** The settings of the tool, with defaults for those that it leaves out. */
export function factsOf({ timeout_ms = 3_600_000, restart = 'resume', keeps }: LocalTool) {
  return { kind: 'local', timeout_ms, restart, ...(keeps && { keeps }) } satisfies ToolFacts;
}

function remoteFacts({ remote, timeout_ms = 3_600_000, results = ONE_RESULT, report }: RemoteTool) {
  const { silence_ms = 300_000 } = remote;
  const facts = { kind: 'remote', timeout_ms, silence_ms, results } as const;
  return { ...facts, ...(report !== undefined && { report }) } satisfies ToolFacts;
}

/** Undefined if the tool's calls are not limited across conversations. */
export function slotsOf(
  { name, max_running: ofTool }: Tool,
  ofTenant: number | undefined,
): Slots | undefined {
  // As in a conversation, reading a stored result takes no slot.
  if (name === READ_TOOL) return undefined;
  if (ofTool === undefined && ofTenant === undefined) return undefined;
  return {
    ...(ofTool !== undefined && { tool: ofTool }),
    ...(ofTenant !== undefined && { tenant: ofTenant }),
  };
}
