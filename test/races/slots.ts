/** How many calls take a slot, and how many wait for one (R9). */

export interface SlotUser {
  status: string;
  /** Id of its open question: it waits for a person. */
  question?: string;
  /** It has asked before, and goes on beside those that took its place. */
  hasAsked?: true;
  /** `begun`: it ran before the conversation heard of it, and needed no slot. */
  way?: string;
}

/** `besides`: those of the running ones that may be more than run at once. */
export function slotsOf(open: Iterable<SlotUser>): {
  running: number;
  besides: number;
  queued: number;
} {
  const slots = { running: 0, besides: 0, queued: 0 };
  for (const { status, question, hasAsked, way } of open) {
    if (status === 'queued') slots.queued += 1;
    if (status !== 'running' || question !== undefined) continue;
    slots.running += 1;
    if (hasAsked || way === 'begun') slots.besides += 1;
  }
  return slots;
}
