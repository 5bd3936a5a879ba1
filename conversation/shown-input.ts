/** The part of a call's input that the person approving it sees. */
import type { RequestedCall } from '../contract/call.ts';

/** The input to show. Empty for a request of an earlier version, which does not say how the tool parses the input. */
export function shownInput({ input, shown }: RequestedCall): { input?: unknown } {
  return shown ? { input, ...shown } : {};
}
