/** The calls that a conversation still knows: those that are open, and the last ones that ended. */
import type { CallHead } from '../contract/head.ts';
import type { Call, State } from './state.ts';

/** Undefined if there is no such call, or if it ended long ago. */
export const findKnownCall = (
  { calls, ended }: Pick<State, 'calls' | 'ended'>,
  callId: string,
): Call | CallHead | undefined => [...calls, ...ended].find(({ id }) => id === callId);

/** Why a decision or an answer is refused if `findKnownCall` finds nothing. */
export const callNotFound = (callId: string) =>
  ({
    type: 'CallNotFound',
    message: `There is no call ${callId}, or it ended long ago.`,
  }) as const;
