import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { hashOf } from './ids.ts';
import { Problem } from './problems.ts';

export interface IdempotentRequest<Answer> {
  tenant: string;
  /** Keys of different scopes are independent. */
  scope: string;
  /** Undefined when the client sent no key. */
  key: string | undefined;
  body: unknown;
  answer: Answer;
  /**
   * The request is safe without the key: while the store is unavailable it is accepted, and a conflict is not detected. Default:
   * false.
   */
  goesOnWithout?: boolean;
}

/**
 * Claims the key for this body and this answer. A repeat gets the first answer. Whether the first request completed is unknown, so
 * whatever the caller does next has to be idempotent too.
 * @throws Problem `idempotency_conflict` when the key was used with another body before
 */
export async function claimKey<Answer>(
  store: Pick<Store, 'claim'>,
  { tenant, scope, key, body, answer, goesOnWithout = false }: IdempotentRequest<Answer>,
): Promise<{ answer: Answer; repeated: boolean }> {
  if (key === undefined) return { answer, repeated: false };
  const claim = await store.claim({ tenant, scope, key }, hashOf(body), answer).catch((error) => {
    if (!goesOnWithout || !(error instanceof StoreUnavailable)) throw error;
    return { outcome: 'fresh' as const };
  });
  switch (claim.outcome) {
    case 'fresh':
      return { answer, repeated: false };
    case 'repeated':
      return { answer: claim.answer as Answer, repeated: true };
    case 'conflict':
      throw new Problem(
        'idempotency_conflict',
        'This Idempotency-Key was already used with a different body.',
      );
  }
}
