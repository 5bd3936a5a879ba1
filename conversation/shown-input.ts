/** What a person who has to agree to a call is shown of its input. */
import type { RequestedCall } from '../contract/turn.ts';

/** What a person is shown. Nothing, where the request is of an earlier version: what its tool makes of it is not known. */
export function shownInput({ input, shown }: RequestedCall): { input?: unknown } {
  return shown ? { input, ...shown } : {};
}
