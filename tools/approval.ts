import { type Approval, APPROVAL_TIMEOUT_MS } from '../contract/call.ts';
import type { Tool } from './define.ts';

/** Whether calls of the tool need a user's approval, with the defaults of what the tool leaves out. */
export function approvalOf({ approval }: Pick<Tool, 'approval'>): Approval | undefined {
  if (!approval) return undefined;
  const { question, timeout_ms = APPROVAL_TIMEOUT_MS } = approval === true ? {} : approval;
  return { ...(question && { question }), timeout_ms };
}
