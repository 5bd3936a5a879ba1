/** What a fault can have led to, from what it was done to. */
import type { FaultEvidence } from '../evidence.ts';

/** A worker's process stopped, for good or for a while. */
export const takesWorker = ({ kind, target }: FaultEvidence) =>
  (kind === 'kill' || kind === 'freeze') && target === 'worker';

/** A worker, or everybody, could not reach Temporal. */
export const leavesTemporal = ({ kind, target }: FaultEvidence) =>
  kind !== 'operator' && target.split(' ').includes('temporal');

/** Whether this process was without Temporal. */
export const leavesTemporalFor = (fault: FaultEvidence, pid: number) =>
  leavesTemporal(fault) && (fault.target === 'temporal' || fault.pids!.includes(pid));

/** An operator ended it, or its conversation. */
export function isEndOf(
  { operation }: FaultEvidence,
  { conversation, call_id }: { conversation: string; call_id: string },
): boolean {
  if (operation?.conversation !== conversation || operation.does === 'reset') return false;
  return operation.call_id === undefined || operation.call_id === call_id;
}

/** When an operator ended the conversation itself; undefined: nobody did. */
export const endedAt = (faults: FaultEvidence[], conversation: string) =>
  faults.find(
    ({ operation }) =>
      operation?.conversation === conversation &&
      operation.call_id === undefined &&
      operation.does !== 'reset',
  )?.at;
