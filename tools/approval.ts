import { type Approval, APPROVAL_TIMEOUT_MS } from '../contract/turn.ts';
import type { Tool } from './define.ts';

/** Whether a person has to agree to its calls, with the default of what the tool does not say. */
export function approvalOf({ approval }: Pick<Tool, 'approval'>): Approval | undefined {
  if (!approval) return undefined;
  const { question, timeout_ms = APPROVAL_TIMEOUT_MS } = approval === true ? {} : approval;
  return { ...(question && { question }), timeout_ms };
}
