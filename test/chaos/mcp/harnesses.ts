/** Many harnesses at once, one thread after the other in each lane. Every second lane is of the service that is one process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meanwhile } from '../../../client/meanwhile.ts';
import type { Entry } from '../../../contract/entry.ts';
import type { HarnessEvidence } from '../evidence.ts';
import type { FollowedTalk } from '../collect.ts';
import { follow } from '../follower.ts';
import { insist } from '../insist.ts';
import type { Random } from '../random.ts';
import { CLIENT, createHarness, type Harness } from './harness.ts';
import type { McpSite } from './site.ts';
import { SHARED_SERVERS, UPSTREAM_SERVERS } from './upstream-tools.ts';

const ENDS = new Set<Entry['kind']>(['call.completed', 'call.failed', 'call.cancelled']);
/** How long a conversation may take to record the end of a call, while processes are killed again and again. Milliseconds. */
const LOGGED_WITHIN_MS = 300_000;

export interface Harnesses {
  /** Conversations of the threads, as they are known. */
  talks: FollowedTalk[];
  evidence(): HarnessEvidence[];
  /** Whether a harness waits for a call now. */
  areBusy(): boolean;
  surprises: string[];
  /** Begins no more calls. Resolves when all conversations are closed, or when `signal` aborts. */
  end(signal: AbortSignal): Promise<void>;
}

export function startHarnesses({
  client,
  site,
  lanes: count,
  random,
  notice,
}: {
  client: Meanwhile;
  site: McpSite;
  lanes: number;
  random: Random;
  /** Called for every entry that a reader of a thread's conversation sees. */
  notice(): void;
}): Harnesses {
  const all: Harness[] = [];
  const talks: Harnesses['talks'] = [];
  const surprises: string[] = [];
  const giveUp = new AbortController();
  const { signal } = giveUp;
  let isEnding = false;
  let begun = 0;

  const lanes = Array.from({ length: count }, async (_, lane) => {
    const isAtOnce = lane % 2 === 0;
    while (!isEnding) {
      begun += 1;
      const id = `h${begun}`;
      const chance = random.fork(id);
      const surprise = (words: string) => void surprises.push(`${id}: ${words}`);
      const harness = createHarness({
        id,
        has: chance.chance(0.65) ? 'no tasks' : 'tasks',
        server: chance.pick(isAtOnce ? SHARED_SERVERS : UPSTREAM_SERVERS),
        isAtOnce,
        site,
        random: chance,
        found,
        surprise,
        isEnding: () => isEnding,
        signal,
      });
      all.push(harness);
      await harness.live().catch((error: Error) => {
        if (!signal.aborted) surprise(error.message);
      });
      const own = harness.evidence.calls.find(({ conversation }) => conversation)?.conversation;
      const talk = own === undefined ? undefined : talks.find(({ id: of }) => of === own);
      if (talk) {
        await logged(talk, harness.evidence);
        await close(talk).catch(() => {});
      }
    }
  });

  /** A conversation that is closed hears no more of a call that was made at once: until it has the ends of all that were answered. */
  async function logged({ follower }: FollowedTalk, { calls }: HarnessEvidence): Promise<void> {
    const answered = calls.filter(({ answer }) => answer).map(({ key }) => key);
    const isLogged = () => {
      const ended = new Set(
        follower.entries.flatMap((entry) =>
          ENDS.has(entry.kind) && 'call_id' in entry ? entry.call_id : [],
        ),
      );
      const own = follower.entries.filter((entry) => entry.kind === 'call.requested');
      const over = own.filter(({ call_id }) => ended.has(call_id));
      const keys = new Set(over.map(({ input }) => (input as { key: string }).key));
      return answered.every((key) => keys.has(key));
    };
    const deadline = Date.now() + LOGGED_WITHIN_MS;
    while (!isLogged() && Date.now() < deadline && !signal.aborted) await sleep(200);
  }

  /** Once for each conversation: a late answer names one that was found in the list. */
  function found(id: string): FollowedTalk {
    const known = talks.find((talk) => talk.id === id);
    if (known) return known;
    const talk = { id, follower: follow(client, id, notice), isExternal: true } as const;
    talks.push(talk);
    return talk;
  }

  /** Calls may have been made though none of their thread was answered: its harness does not know the conversation. */
  async function closeUnknown(): Promise<void> {
    let after: string | undefined;
    do {
      const query = after === undefined ? '' : `&after=${after}`;
      const page = await insist<Page>(
        () => client.get(`/v1/conversations?limit=100${query}`),
        signal,
      );
      for (const { id, agent } of page?.conversations ?? []) {
        if (agent !== `client:${CLIENT}` || talks.some((talk) => talk.id === id)) continue;
        await close(found(id));
      }
      after = page?.next_after;
    } while (after !== undefined);
  }

  async function close({ id, follower }: Harnesses['talks'][number]): Promise<void> {
    await insist(
      () => client.post(`/v1/conversations/${id}/close`, {}),
      signal,
      (error) => surprises.push(`${id}: ${error.message}`),
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await Promise.race([follower.over, promise]);
  }

  return {
    talks,
    evidence: () => all.map(({ evidence }) => evidence),
    areBusy: () => all.some(({ isBusy }) => isBusy),
    surprises,
    async end(limit) {
      isEnding = true;
      limit.addEventListener('abort', () => giveUp.abort(), { once: true });
      await Promise.all(lanes);
      await closeUnknown().catch(() => {});
    },
  };
}

interface Page {
  conversations: { id: string; agent: string }[];
  next_after?: string;
}
