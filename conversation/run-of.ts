import type { CallStart, RequestedCall } from '../contract/call.ts';

/** The part of a requested call that its workflow starts with. */
export const runOf = ({
  call_id,
  tool,
  input,
  report,
}: RequestedCall): Omit<CallStart, 'conversation'> => ({
  call_id,
  tool,
  input,
  ...(report !== undefined && { report }),
});
