import { ApplicationFailure } from '@temporalio/common';
import type { ToolFacts } from '../contract/turn.ts';
import type { Catalogue } from '../tools/catalogue.ts';
import type { Tool } from '../tools/define.ts';

/**
 * What the call workflow has to know of a tool. An activity, since the catalogue may read differently on replay.
 * @throws ApplicationFailure `UnknownTool`, not to be retried
 */
export function createDescribeTools({ catalogue }: { catalogue: Catalogue }) {
  return async function describeTool(name: string): Promise<ToolFacts> {
    const tool = catalogue.tools.get(name);
    if (tool) return factsOf(tool);
    throw ApplicationFailure.nonRetryable(`There is no tool named ${name}.`, 'UnknownTool');
  };
}

/** With the defaults of what a tool does not say. */
export function factsOf({ timeout_ms = 3_600_000, restart = 'resume' }: Tool) {
  return { kind: 'local', timeout_ms, restart } satisfies ToolFacts;
}
