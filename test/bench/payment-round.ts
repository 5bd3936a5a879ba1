/** One round of the race bench: what is sent when, and what went wrong with it. */
import { seeded } from '../chaos/random.ts';

export interface Round {
  name: string;
  /** Between two rates that the tool tells. Milliseconds. */
  rates: number[];
  messages: { after_ms: number; text: string; reference?: string }[];
}

/** Milliseconds since 1970. */
export interface PlayedRound {
  round: Round;
  /** When the sender of each message had its acknowledgement. */
  acknowledged: number[];
  /** When the workflow decided to make each payment. */
  decided: { call_id: string; at: number }[];
}

/** What plays rounds: this service, or a loop that it is compared with. */
export interface RoundPlayer {
  play(round: Round): Promise<PlayedRound>;
}

export interface Payment {
  reference: string;
  call_id: string;
  at: number;
}

export interface Counts {
  payments: number;
  /** Rounds whose last message wants a payment. */
  wanted: number;
  superseded: number;
  doubled: number;
  missed: number;
  /** Right when they were decided on, and superseded before the money went. */
  overtaken: number;
}

const MOST_MS = 300;

export function roundOf(seed: number, nth: number): Round {
  const random = seeded(seed).fork(`round ${nth}`);
  const wait = () => random.whole(0, MOST_MS);
  const names = ['Ann', 'Bob', 'Eve', 'Joe'];
  const messages = Array.from({ length: random.whole(2, 4) }, (_, i) => {
    const after_ms = wait();
    if (i > 0 && random.chance(0.25)) return { after_ms, text: 'Cancel that.' };
    const reference = `r${nth}-${i + 1}`;
    const wish = `pay ${10 * (i + 1)} to ${names[i]}`;
    const text = `${i === 0 ? 'Please' : 'No,'} ${wish}, reference ${reference}.`;
    return { after_ms, text, reference };
  });
  return { name: `r${nth}`, rates: Array.from({ length: 6 }, wait), messages };
}

export function count(played: PlayedRound[], ledger: Payment[]): Counts {
  const counts = { payments: 0, wanted: 0, superseded: 0, doubled: 0, missed: 0, overtaken: 0 };
  const byReference = Map.groupBy(ledger, ({ reference }) => reference);
  for (const { round, acknowledged, decided } of played) {
    const decidedAt = new Map(decided.map(({ call_id, at }) => [call_id, at]));
    for (const [i, { reference }] of round.messages.entries()) {
      if (reference === undefined) continue;
      const payments = byReference.get(reference) ?? [];
      /** When the next word about the payment was acknowledged. */
      const over = acknowledged[i + 1] ?? Infinity;
      counts.payments += payments.length;
      counts.doubled += Math.max(0, payments.length - 1);
      for (const { call_id, at } of payments) {
        const decision = decidedAt.get(call_id);
        if (decision === undefined) throw new Error(`Nobody has decided on ${call_id}.`);
        if (over < decision) counts.superseded += 1;
        else if (over < at) counts.overtaken += 1;
      }
    }
    const wish = round.messages.at(-1)!.reference;
    if (wish === undefined) continue;
    counts.wanted += 1;
    if (!byReference.has(wish)) counts.missed += 1;
  }
  return counts;
}
