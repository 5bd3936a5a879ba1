/**
 * How much of the service a tenant and a key may use. Each API process counts separately, but the tokens of a day are counted in the
 * store. Headers follow https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (10).
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Principal } from '../security/access/principal.ts';
import { createLookupCache } from '../security/access/lookup-cache.ts';
import type { Settings } from '../config.ts';
import type { Store } from '../store/store.ts';
import { isUnavailable } from '../store/unavailable.ts';
import { Problem } from './problems.ts';

export type QuotaSettings = Partial<
  Pick<
    Settings,
    | 'MEANWHILE_MAX_REQUESTS_PER_MINUTE'
    | 'MEANWHILE_MAX_REQUESTS_PER_MINUTE_PER_TENANT'
    | 'MEANWHILE_MAX_CONVERSATIONS_PER_HOUR_PER_TENANT'
    | 'MEANWHILE_MAX_STREAMS_PER_TENANT'
    | 'MEANWHILE_REFUSE_AT_TOKENS_PER_TENANT_PER_DAY'
  >
>;

export interface Quotas {
  /** Counts a request. */
  request(principal: Principal): Promise<QuotaStanding[]>;
  /** Counts a new conversation. @throws Problem `rate_limited` */
  conversation(tenant: string): Promise<void>;
  /** @throws Problem `rate_limited` when the tenant has spent its tokens of today */
  tokens(tenant: string): Promise<void>;
  /** Counts an open stream until the signal aborts. @throws Problem `rate_limited` */
  stream(tenant: string, signal: AbortSignal): void;
}

/** Where a caller stands with one limit. */
export interface QuotaStanding {
  policy: string;
  quota: number;
  window_s: number;
  remaining: number;
  reset_s: number;
  isExceeded: boolean;
}

const MINUTE_S = 60;
const HOUR_S = 3_600;
/** How old the count of spent tokens may be. Milliseconds. */
const TOKENS_MS = 5_000;

export function createQuotas(
  settings: QuotaSettings,
  store: Pick<Store, 'tokensSpent'>,
  now = Date.now,
): Quotas {
  const perKey = window('key', settings.MEANWHILE_MAX_REQUESTS_PER_MINUTE, MINUTE_S);
  const perTenant = window(
    'tenant',
    settings.MEANWHILE_MAX_REQUESTS_PER_MINUTE_PER_TENANT,
    MINUTE_S,
  );
  const begun = window(
    'conversations',
    settings.MEANWHILE_MAX_CONVERSATIONS_PER_HOUR_PER_TENANT,
    HOUR_S,
  );
  const mostStreams = settings.MEANWHILE_MAX_STREAMS_PER_TENANT ?? Infinity;
  const streams = new Map<string, number>();
  const mostTokens = settings.MEANWHILE_REFUSE_AT_TOKENS_PER_TENANT_PER_DAY ?? Infinity;
  const spent = createLookupCache({
    max: 10_000,
    fresh_ms: TOKENS_MS,
    read: (name) => store.tokensSpent(JSON.parse(name) as { tenant: string; day: string }),
  });

  return {
    async request({ tenant, id }) {
      const all = await Promise.all([perKey?.(`${tenant} ${id}`), perTenant?.(tenant)]);
      return all.filter((each) => each !== undefined);
    },

    async conversation(tenant) {
      const standing = await begun?.(tenant);
      if (standing?.isExceeded) throw exceeded([standing]);
    },

    async tokens(tenant) {
      if (mostTokens === Infinity) return;
      const day = new Date(now()).toISOString().slice(0, 10);
      const tokens = await spent.get(JSON.stringify({ tenant, day })).catch(unlessAway);
      if (tokens < mostTokens) return;
      throw new Problem(
        'rate_limited',
        `The tenant has spent its ${mostTokens} tokens of today (UTC).`,
        { retryAfter: Math.ceil((Date.parse(day) + DAY_MS - now()) / 1_000) },
      );
    },

    stream(tenant, signal) {
      const open = streams.get(tenant) ?? 0;
      if (open >= mostStreams) {
        const detail = `The tenant has ${open} open streams, and may have ${mostStreams}. Close one first.`;
        throw new Problem('rate_limited', detail, { retryAfter: 5 });
      }
      if (mostStreams === Infinity || signal.aborted) return;
      streams.set(tenant, open + 1);
      signal.addEventListener(
        'abort',
        () => {
          const left = streams.get(tenant)! - 1;
          if (left > 0) streams.set(tenant, left);
          else streams.delete(tenant);
        },
        { once: true },
      );
    },
  };
}

const DAY_MS = 86_400_000;

/** Messages are accepted while the store is unavailable. */
function unlessAway(error: unknown): number {
  if (!isUnavailable(error)) throw error;
  return 0;
}

/** A fixed window that begins with its first request. Undefined without a quota. */
function window(policy: string, quota: number | undefined, window_s: number) {
  if (quota === undefined) return undefined;
  const limiter = new RateLimiterMemory({ points: quota, duration: window_s });
  return async (name: string): Promise<QuotaStanding> => {
    const result = await limiter.consume(name).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    });
    const { remainingPoints: remaining, msBeforeNext, consumedPoints } = result;
    const reset_s = Math.max(1, Math.ceil(msBeforeNext / 1_000));
    const isExceeded = consumedPoints > quota;
    return { policy, quota, window_s, remaining, reset_s, isExceeded };
  };
}

export function exceeded(standings: QuotaStanding[]): Problem {
  const worst = standings.toSorted((a, b) => b.reset_s - a.reset_s)[0]!;
  const { policy, quota, window_s, reset_s } = worst;
  const what = policy === 'conversations' ? 'new conversations' : 'requests';
  const whose = policy === 'key' ? 'this key' : 'the tenant';
  const detail = `There were more than ${quota} ${what} of ${whose} in ${window_s} s. Try again in ${reset_s} s.`;
  return new Problem('rate_limited', detail, { retryAfter: reset_s });
}
