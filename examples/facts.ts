/** Facts that checks read from a log. */
import type { Entry, EntryOf } from '../contract/entry.ts';

/** What the agent said in one reply. */
export interface Words {
  reply_id: string;
  /** Seq of its start. The model knew only the entries before it. */
  started: number;
  text: string;
  /** False if the reply was cut off. */
  whole: boolean;
}

/** What the agent said, in the order of the log. Silent replies are left out. */
export function wordsIn(entries: readonly Entry[]): Words[] {
  const started = new Map<string, number>();
  return entries.flatMap((entry): Words[] => {
    if (entry.kind === 'reply.started') started.set(entry.reply_id, entry.seq);
    if (entry.kind !== 'reply.completed' && entry.kind !== 'reply.interrupted') return [];
    const { reply_id, text, seq } = entry;
    if (text.trim() === '') return [];
    const whole = entry.kind === 'reply.completed';
    return [{ reply_id, started: started.get(reply_id) ?? seq, text, whole }];
  });
}

/** A call with everything that happened to it. */
export interface CallHistory {
  id: string;
  tool: string;
  input: Record<string, unknown>;
  requested: number;
  /** It ran, or runs. */
  started?: number;
  results: { seq: number; data: any }[];
  completed?: EntryOf<'call.completed'>;
  failed?: EntryOf<'call.failed'>;
  cancelled?: EntryOf<'call.cancelled'>;
}

export function callsIn(entries: readonly Entry[], tool?: string): CallHistory[] {
  const requests = entries.filter((entry) => entry.kind === 'call.requested');
  return requests
    .filter((entry) => tool === undefined || entry.tool === tool)
    .map(({ call_id: id, tool: name, input, seq: requested }) => {
      const of = <K extends Entry['kind']>(kind: K) =>
        entries.find(
          (entry): entry is EntryOf<K> =>
            entry.kind === kind && 'call_id' in entry && entry.call_id === id,
        );
      const results = entries.flatMap((entry) =>
        entry.kind === 'call.event' && entry.call_id === id && entry.event === 'result'
          ? [{ seq: entry.seq, data: entry.data }]
          : [],
      );
      return {
        ...{ id, tool: name, input: input as Record<string, unknown>, requested, results },
        started: of('call.started')?.seq,
        completed: of('call.completed'),
        failed: of('call.failed'),
        cancelled: of('call.cancelled'),
      };
    });
}

/** References such as RX-1234 or IX-0815, which a model cannot guess. */
export const referencesIn = (text: string): string[] =>
  [...text.matchAll(/\b[A-Z]X[-\u2010-\u2015 ]?(\d{4})\b/g)].map(
    ([found]) => `${found.slice(0, 2)}-${found.slice(-4)}`,
  );

/** A problem for each reference that no complete reply after entry `after` has stated. */
export function untold(entries: readonly Entry[], references: string[], after = 0): string[] {
  const said = wordsIn(entries)
    .filter(({ whole, started }) => whole && started > after)
    .flatMap(({ text }) => referencesIn(text));
  return references
    .filter((reference) => !said.includes(reference))
    .map((reference) => `${reference} was never told.`);
}

/** A problem for each reference that the agent stated before any tool had returned it. */
export function invented(entries: readonly Entry[]): string[] {
  return wordsIn(entries).flatMap(({ text, started, reply_id }) => {
    const known = JSON.stringify(
      entries.filter(({ kind, seq }) => seq < started && /^(call\.|message)/.test(kind)),
    );
    return referencesIn(text)
      .filter((reference) => !known.includes(reference))
      .map((reference) => `No tool had returned ${reference}: ${reply_id} said "${text}"`);
  });
}
