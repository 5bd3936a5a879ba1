/** The idempotency keys of the store without a database. */
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import { plain } from './memory-record.ts';

export interface MemoryClaims extends Pick<Store, 'claim'> {
  /** @param at milliseconds since 1970 */
  forgetBefore(at: number): void;
  /** Removes what says something of a conversation and its calls. */
  erase(conversation: ConversationKey, callIds: string[]): void;
}

/** @param now milliseconds since 1970 */
export function createMemoryClaims(now: () => number): MemoryClaims {
  const claims = new Map<string, { bodyHash: string; answer: unknown; at: number }>();
  return {
    async claim({ tenant, scope, key }, bodyHash, answer) {
      const id = JSON.stringify([tenant, scope, key]);
      const claim = claims.get(id);
      if (!claim) {
        claims.set(id, { bodyHash, answer: plain(answer ?? null), at: now() });
        return { outcome: 'fresh' };
      }
      return claim.bodyHash === bodyHash
        ? { outcome: 'repeated', answer: plain(claim.answer) }
        : { outcome: 'conflict' };
    },
    forgetBefore(time) {
      for (const [id, { at }] of claims) if (at < time) claims.delete(id);
    },
    erase({ tenant, id }, callIds) {
      for (const [name, claim] of claims) {
        const [ofTenant, scope = ''] = JSON.parse(name) as string[];
        if (ofTenant !== tenant) continue;
        const about = [id, ...callIds].some((each) => new RegExp(` of ${each}( |$)`).test(scope));
        if (about && !scope.startsWith('host of ')) claims.delete(name);
        if (scope === 'conversations' && (claim.answer as { id?: string }).id === id) {
          Object.assign(claim, { bodyHash: '', answer: {} });
        }
      }
    },
  };
}
