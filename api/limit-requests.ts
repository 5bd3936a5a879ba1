import type { Api } from './dependencies.ts';
import { exceeded, type Quotas } from './quotas.ts';

/** Call after `authenticate`, which sets the caller. */
export function limitRequests(app: Api, quotas: Quotas): void {
  app.addHook('onRequest', async ({ principal }, { raw }) => {
    // Public routes have no caller.
    if (principal === undefined) return;
    const standings = await quotas.request(principal);
    if (standings.length === 0) return;
    // Set on the raw response, to which streams write directly.
    raw.setHeader(
      'ratelimit-policy',
      standings
        .map(({ policy, quota, window_s }) => `"${policy}";q=${quota};w=${window_s}`)
        .join(', '),
    );
    raw.setHeader(
      'ratelimit',
      standings
        .map(({ policy, remaining, reset_s }) => `"${policy}";r=${remaining};t=${reset_s}`)
        .join(', '),
    );
    const over = standings.filter(({ isExceeded }) => isExceeded);
    if (over.length > 0) throw exceeded(over);
  });
}
