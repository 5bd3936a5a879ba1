/** Whether guesses pay off, for each tenant: after too many refusals a tenant gets none for a while. */

export interface Trust {
  allows(tenant: string): boolean;
  adopted(tenant: string): void;
  refused(tenant: string): void;
}

interface Record {
  guesses: number;
  refusals: number;
  /** No guesses before this time, by the clock of `createTrust`. */
  off_until?: number;
}

/** The fewest guesses to judge by. */
const LEAST = 20;
/** At this many guesses both counts are halved, so that older ones count for less. */
const MOST = 200;
const REFUSED_SHARE = 0.05;
const OFF_MS = 10 * 60_000;
const MOST_TENANTS = 10_000;

/** @param now milliseconds, monotonic */
export function createTrust(now: () => number): Trust {
  const records = new Map<string, Record>();
  const of = (tenant: string): Record => {
    const record = records.get(tenant) ?? { guesses: 0, refusals: 0 };
    records.delete(tenant);
    records.set(tenant, record);
    if (records.size > MOST_TENANTS) records.delete(records.keys().next().value!);
    return record;
  };
  const count = (tenant: string, refusals: number) => {
    const record = of(tenant);
    record.guesses += 1;
    record.refusals += refusals;
    if (record.guesses >= LEAST && record.refusals > REFUSED_SHARE * record.guesses) {
      records.set(tenant, { guesses: 0, refusals: 0, off_until: now() + OFF_MS });
    } else if (record.guesses >= MOST) {
      record.guesses /= 2;
      record.refusals /= 2;
    }
  };
  return {
    allows: (tenant) => now() >= (records.get(tenant)?.off_until ?? -Infinity),
    adopted: (tenant) => count(tenant, 0),
    refused: (tenant) => count(tenant, 1),
  };
}
