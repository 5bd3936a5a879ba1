import { ApplicationFailure } from '@temporalio/activity';
import type { Agent } from '../../agents/define.ts';

/** @throws ApplicationFailure `UnknownAgent` when no extension declares it */
export function findAgent(catalogue: { agents: ReadonlyMap<string, Agent> }, name: string): Agent {
  const agent = catalogue.agents.get(name);
  if (!agent) throw ApplicationFailure.nonRetryable(`There is no agent ${name}.`, 'UnknownAgent');
  return agent;
}
