/** What a fault can have led to, from what it was done to. */
import type { FaultEvidence } from '../evidence.ts';

/** A worker's process stopped, for good or for a while. That of the service has one too. */
export const takesWorker = ({ kind, target }: FaultEvidence) =>
  (kind === 'kill' || kind === 'freeze') && (target === 'worker' || target === 'service');

/** The process that had answered a harness died, and with it what it had not recorded yet. */
export const losesReceipts = ({ kind, target }: FaultEvidence, isAtOnce: boolean) =>
  kind === 'kill' && target === (isAtOnce ? 'service' : 'api');

/** A worker, or everybody, could not reach Temporal. */
export const leavesTemporal = ({ kind, target }: FaultEvidence) =>
  kind !== 'operator' && target.split(' ').includes('temporal');

/** Whether this process was without Temporal. */
export const leavesTemporalFor = (fault: FaultEvidence, pid: number) =>
  leavesTemporal(fault) && (isTemporal(fault) || fault.pids!.includes(pid));

/** The server, or the database without which it does nothing. */
const isTemporal = ({ target }: FaultEvidence) =>
  target === 'temporal' || target === 'temporal database';

/** An MCP server died in the middle of its calls, or what made them. */
export const losesUpstream = ({ kind, target }: FaultEvidence) =>
  kind === 'kill' && ['upstream', 'mcp program', 'mcp keeper', 'keeper'].includes(target);

interface Subject {
  conversation: string;
  /** Undefined: the conversation itself. */
  call_id?: string;
}

/** An operator ended it, or the conversation that it belongs to. */
export function isEndOf({ operation }: FaultEvidence, { conversation, call_id }: Subject): boolean {
  if (operation?.conversation !== conversation || operation.does === 'reset') return false;
  return operation.call_id === undefined || operation.call_id === call_id;
}

/** When an operator ended it. Undefined if none did. */
export const endedAt = (faults: FaultEvidence[], subject: Subject) =>
  faults.find((fault) => isEndOf(fault, subject))?.at;
