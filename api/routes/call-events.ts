import { callEventAccepted, callEventBody, callEventParams } from '../../contract/http.ts';
import type { CallPush } from '../../contract/signals.ts';
import { type PushClaims, verifyPushToken } from '../../security/remote/push-token.ts';
import { setAside } from '../../store/set-aside.ts';
import type { Store } from '../../store/store.ts';
import { showProgress } from '../../stream/show-progress.ts';
import type { Api, ApiDependencies } from '../dependencies.ts';
import { hashOf } from '../ids.ts';
import { BODY_PROBLEMS, Problem, problemResponses } from '../problems.ts';

/** The endpoint for events of a remote tool. Knowing the URL is the permission. */
export function callEventsRoute(
  app: Api,
  {
    store,
    bus,
    gateway,
    settings,
    pushSecret,
  }: Pick<ApiDependencies, 'store' | 'bus' | 'gateway' | 'settings' | 'pushSecret'>,
): void {
  app.post(
    '/v1/call-events/:token',
    {
      bodyLimit: settings.MEANWHILE_MAX_RESULT_BYTES,
      config: { needs: 'public' },
      schema: {
        operationId: 'pushCallEvent',
        summary: 'Push an event of a remote call',
        description:
          "For another team's service, at the `push_url` it was given. The service numbers its events 1, 2, 3 …: a repeat gets the same answer and has no further effect. Numbers may arrive late or be skipped.",
        tags: ['remote tools'],
        params: callEventParams,
        body: callEventBody,
        response: {
          202: callEventAccepted,
          ...problemResponses(
            ...BODY_PROBLEMS,
            'push_url_invalid',
            'push_conflict',
            'push_url_expired',
            'call_over',
            'store_unavailable',
            'temporal_unavailable',
          ),
        },
      },
      // Checked before the body is read, so that an unauthorised push costs nothing.
      onRequest: async (request) => {
        claimsOf(pushSecret, request.params.token);
      },
    },
    async (request, reply) => {
      const { claims, isOverdue } = claimsOf(pushSecret, request.params.token);
      const { tenant, call_id } = claims;
      const push: CallPush = request.body;
      const { n } = push;
      // Computed once, since a large body takes a while.
      const hash = hashOf(push);
      await claimNumber(store, { tenant, scope: `pushes of ${call_id}`, n }, hash, {});
      // A repeat is sent again: the process may have died between the claim and the signal. The call ignores numbers it already
      // has.
      const told = await withoutLarge(store, claims, push, settings.MEANWHILE_INLINE_RESULT_BYTES);
      const sent = await gateway.push({ tenant, call_id }, told);
      // Whether this number was accepted is stored once it is certain, for repeats after the end.
      const taken = { tenant, scope: `taken pushes of ${call_id}`, n };
      const { isTaken } = await claimNumber(store, taken, hash, { isTaken: sent === 'sent' });
      if (!isTaken && isOverdue) {
        throw new Problem('push_url_expired', 'The time for this call is up.');
      }
      if (!isTaken) {
        throw new Problem('call_over', `The call ${call_id} is over: it accepts no more events.`);
      }
      if (sent === 'sent' && push.kind === 'progress') {
        const { percent, note } = push;
        const step = { percent, ...(note !== undefined && { note }) };
        await showProgress({ store, bus }, { tenant, id: claims.conversation }, call_id, step);
      }
      return reply.code(202).send({ n });
    },
  );
}

/** Data that is too large to send is stored before the call is told about it. */
async function withoutLarge(
  store: Pick<Store, 'keepResult'>,
  { tenant, conversation: id, call_id }: PushClaims,
  push: CallPush,
  inlineBytes: number,
): Promise<CallPush> {
  if (push.kind !== 'result' && push.kind !== 'done') return push;
  const { data, ...told } = push;
  const which = { call_id, n: push.kind === 'done' ? ('end' as const) : push.n, result: data };
  const stored = await setAside(store, { tenant, id }, which, inlineBytes);
  return stored ? { ...told, stored } : push;
}

/**
 * The URL is valid until its call ends, and only the call knows when: clocks differ, and a paused server makes up for the lost time.
 */
function claimsOf(secret: string, token: string): { claims: PushClaims; isOverdue: boolean } {
  const verified = verifyPushToken(secret, token, Date.now());
  if (verified.outcome === 'forged') {
    throw new Problem(
      'push_url_invalid',
      'This is not a push URL of this service, or it is incomplete.',
    );
  }
  return { claims: verified.claims, isOverdue: verified.outcome === 'expired' };
}

/** @returns the answer to the first event with this number */
async function claimNumber<Answer>(
  store: Pick<Store, 'claim'>,
  { tenant, scope, n }: { tenant: string; scope: string; n: number },
  hash: string,
  answer: Answer,
): Promise<Answer> {
  const claim = await store.claim({ tenant, scope, key: String(n) }, hash, answer);
  if (claim.outcome === 'conflict') {
    throw new Problem('push_conflict', `Event ${n} was already pushed with a different body.`);
  }
  return claim.outcome === 'repeated' ? (claim.answer as Answer) : answer;
}
