/** When a call began. Of one that was made at once, only its harness knows: its conversation heard of it later. */
import type { Evidence } from '../evidence.ts';
import { type CallTrace, keyOf } from './trace.ts';

/** @returns milliseconds since 1970. Undefined: it never began */
export function beganAt(call: CallTrace, { harnesses = [] }: Evidence): number | undefined {
  const [started] = call.started;
  if (!started) return undefined;
  const key = keyOf(call);
  const asked = harnesses
    .flatMap(({ isAtOnce, calls }) => (isAtOnce ? calls : []))
    .find((own) => own.key === key);
  return Math.min(Date.parse(started.at), asked?.asked_at ?? Infinity);
}
