/** The calls that an agent has asked for, with what became of each. */
import type { Entry } from '../../contract/entry.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';

export interface EvalCall {
  call_id: string;
  tool: string;
  /** The one that its input names. */
  subject?: string;
  /** It runs, waits for room, or did. */
  released: boolean;
  cancelled: boolean;
  failed: boolean;
  /** Nothing more comes of it. */
  over: boolean;
}

/** In the order of the log, without those that cancel others. */
export function callsIn(entries: readonly Entry[], subjects: readonly string[]): EvalCall[] {
  return entries
    .filter((entry) => entry.kind === 'call.requested')
    .filter(({ tool }) => tool !== CANCEL_TOOL)
    .map(({ call_id, tool, input }) => {
      const kinds = new Set(
        entries.filter((e) => 'call_id' in e && e.call_id === call_id).map(({ kind }) => kind),
      );
      const given = JSON.stringify(input).toLowerCase();
      const failed = kinds.has('call.failed');
      const cancelled = kinds.has('call.cancelled');
      return {
        call_id,
        tool,
        subject: subjects.find((subject) => given.includes(subject)),
        released: kinds.has('call.started') || kinds.has('call.queued'),
        cancelled,
        failed,
        over: failed || cancelled || kinds.has('call.completed') || kinds.has('call.dropped'),
      };
    });
}
