/** Many conversations at once, each with a seeded plan: they begin, talk, interrupt, cancel, approve, and close. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isCallEnd } from '../../contract/call-ends.ts';
import type { APIError } from '../../client/errors.ts';
import type { Meanwhile } from '../../client/meanwhile.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Evidence } from './evidence.ts';
import { follow, type Follower } from './follower.ts';
import { insist } from './insist.ts';
import { chooseAction, pauseBefore, wishes } from './plan.ts';
import type { Random } from './random.ts';

export interface ChaosTalk {
  id: string;
  follower: Follower;
  /** True while the last acknowledged message is not in the log yet. */
  readonly owed: boolean;
  /** An operator has ended it: its user expects no more of it. */
  readonly isGone: boolean;
  /** An operator has done something to it, or is about to. */
  isTouched: boolean;
  goes(): void;
  /** One more message, out of turn. Resolves when it was acknowledged. */
  say(text: string): Promise<void>;
}

export interface Workload {
  talks: ChaosTalk[];
  /** Those that are not over. */
  live(): ChaosTalk[];
  sent: Evidence['sent'];
  /** Answers that a client did not have to expect. */
  surprises: string[];
  /** Begins no more conversations. Resolves when every one is closed, or when `signal` aborts. */
  end(signal: AbortSignal): Promise<void>;
}

export interface WorkloadOptions {
  client: Meanwhile;
  /** How many run at a time. */
  conversations: number;
  /** Whether users want tools of MCP servers too. */
  mcp: boolean;
  random: Random;
  /** Called for every entry that a reader sees. */
  notice(talk: ChaosTalk, entry: Entry): void;
}

/** How long a conversation may take to come to rest before it is closed as it is. Milliseconds. */
const PATIENCE_MS = 60_000;
/** And once the run is ending. Milliseconds. */
const LAST_PATIENCE_MS = 10_000;
/** How long a user tries to reach a conversation that an operator has ended. Milliseconds. */
const GONE_WITHIN_MS = 10_000;
/** How long a reader waits for the end of a conversation that an operator has touched, before the next one is begun. Milliseconds. */
const END_WITHIN_MS = 20_000;

export function startWorkload({
  client,
  conversations,
  mcp,
  random,
  notice,
}: WorkloadOptions): Workload {
  const talks: ChaosTalk[] = [];
  const sent: Evidence['sent'] = [];
  const surprises: string[] = [];
  const giveUp = new AbortController();
  const { signal } = giveUp;
  let ending = false;
  let endsAt = Infinity;
  let begun = 0;

  const lanes = Array.from({ length: conversations }, async () => {
    while (!ending) {
      begun += 1;
      const tag = `c${begun}`;
      await converse(tag, random.fork(tag)).catch((error: unknown) => {
        if (!signal.aborted) surprises.push(`${tag}: ${String(error)}`);
      });
    }
  });

  async function converse(tag: string, chance: Random): Promise<void> {
    let isClosing = false;
    let isGone = false;
    const leaving = new AbortController();
    const refused = (error: APIError) => {
      // The driver may have one more thing to say when the user has gone.
      if (isClosing && error.code === 'conversation_closed') return;
      if (isGone || (talk?.isTouched && error.status !== 400)) return;
      surprises.push(`${tag}: ${error.message}`);
    };
    const post = async <T>(path: string, body: unknown, key?: string, told = refused) => {
      try {
        return await insist<T>(
          () => client.post(path, body, { idempotencyKey: key }),
          AbortSignal.any([signal, leaving.signal]),
          told,
        );
      } catch (error) {
        if (signal.aborted || !leaving.signal.aborted) throw error;
        return undefined;
      }
    };
    let talk: ChaosTalk | undefined;
    const created = await post<{ id: string }>(
      '/v1/conversations',
      { agent: 'chaos', metadata: { tag } },
      `${tag}-create`,
    );
    if (!created) return;
    const { id } = created;
    const path = `/v1/conversations/${id}`;
    let said = 0;
    const unseen = new Set<string>();

    async function say(text: string, when_busy = 'interrupt'): Promise<void> {
      said += 1;
      const key = `${tag}-m${said}`;
      const body = { text: `${key}: ${text}`, when_busy };
      const accepted = await post<{ message_id: string }>(`${path}/messages`, body, key);
      if (!accepted) return;
      const { message_id } = accepted;
      sent.push({ conversation: id, message_id, text: body.text });
      if (!heardOf.has(message_id)) unseen.add(message_id);
    }

    const heardOf = new Set<string>();
    const deciding: Promise<unknown>[] = [];
    const follower = follow(client, id, (entry) => {
      if (entry.kind === 'message.user') {
        heardOf.add(entry.message_id);
        unseen.delete(entry.message_id);
      }
      if (entry.kind === 'call.awaiting_approval')
        deciding.push(decide(entry.call_id).catch(unlessGivenUp));
      if (talk) notice(talk, entry);
    });
    talk = {
      id,
      follower,
      get owed() {
        return unseen.size > 0 || isReplying(follower.entries);
      },
      get isGone() {
        return isGone;
      },
      isTouched: false,
      goes() {
        isGone = true;
        setTimeout(() => leaving.abort(), GONE_WITHIN_MS).unref();
      },
      say,
    };
    talks.push(talk);

    /** A person takes a moment. That the call is over by then is no surprise. */
    async function decide(call_id: string): Promise<void> {
      await sleep(chance.between(300, 4_000), undefined, { signal });
      const decision = chance.chance(0.7) ? 'approve' : 'deny';
      await post(`${path}/calls/${call_id}/approval`, { decision }, undefined, () => {});
    }

    for (let left = chance.whole(4, 10); left > 0 && !ending && !isGone; left -= 1) {
      const action = chooseAction(chance);
      switch (action) {
        case 'say':
          await say(
            `tell me something`,
            chance.pick(['interrupt', 'interrupt', 'queue', 'rollback']),
          );
          break;
        case 'ask':
          await say(`please ${wishes(chance, mcp)}`, chance.pick(['interrupt', 'queue']));
          break;
        case 'interrupt':
          await post(`${path}/interrupt`, { scope: chance.pick(['reply', 'calls', 'all']) });
          break;
        case 'cancel': {
          const call = openCalls(follower.entries).at(0);
          if (call !== undefined) await post(`${path}/calls/${call}/cancel`, {});
          break;
        }
      }
      await sleep(pauseBefore(chance), undefined, { signal });
    }
    if (chance.chance(0.75)) await atRest(follower, () => !isGone && unseen.size > 0);
    isClosing = true;
    await post(`${path}/close`, {});
    await Promise.allSettled(deciding);
    while (!follower.isOver && !talk.isTouched && !signal.aborted) {
      const pause = sleep(1_000, undefined, { signal }).catch(() => {});
      await Promise.race([follower.over, pause]);
    }
    const patience = sleep(END_WITHIN_MS, undefined, { signal }).catch(() => {});
    await Promise.race([follower.over, patience]);
  }

  /** What an operator has reset may be open again. One that is gone is closed by the service. */
  async function closeAgain({ id, follower }: ChaosTalk): Promise<void> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(END_WITHIN_MS)]);
    await insist(() => client.post(`/v1/conversations/${id}/close`, {}), within).catch(() => {});
    const patience = sleep(END_WITHIN_MS, undefined, { signal: within }).catch(() => {});
    await Promise.race([follower.over, patience]);
  }

  /** Ignores errors once the run has been aborted. */
  function unlessGivenUp(error: unknown): void {
    if (!signal.aborted) throw error;
  }

  async function atRest(follower: Follower, owes: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    const isLate = () => Date.now() > Math.min(deadline, endsAt + LAST_PATIENCE_MS);
    const busy = () =>
      owes() || isReplying(follower.entries) || openCalls(follower.entries).length > 0;
    while (busy() && !isLate()) await sleep(100, undefined, { signal });
  }

  return {
    talks,
    live: () => talks.filter(({ follower }) => !follower.isOver),
    sent,
    surprises,
    async end(limit) {
      ending = true;
      endsAt = Date.now();
      limit.addEventListener('abort', () => giveUp.abort(), { once: true });
      await Promise.all(lanes);
      await Promise.all(talks.filter(({ isTouched }) => isTouched).map(closeAgain));
    },
  };
}

export function isReplying(entries: readonly Entry[]): boolean {
  const last = entries.findLast(({ kind }) => kind.startsWith('reply.'));
  return last?.kind === 'reply.started';
}

/** Requested and not over. */
export function openCalls(entries: readonly Entry[]): string[] {
  const open = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'call.requested') open.add(entry.call_id);
    else if (isCallEnd(entry)) open.delete(entry.call_id);
  }
  return [...open];
}
