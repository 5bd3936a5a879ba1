/** When a fault is done: at any time, or at a named dangerous moment, which is waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../../contract/entry.ts';
import type { Places } from './standstill.ts';
import { type Place, PLACES } from './places.ts';
import type { Member } from './supervise.ts';
import type { WorkerMember } from './topology.ts';
import { openCalls, type ChaosTalk, type Workload } from './workload.ts';

export type MomentName = 'random' | 'paused worker wakes' | Condition | Place;

type Condition = 'approval pending' | 'calls queued' | 'a tool runs in a worker';

/** What has come together at a moment. */
export interface Scene {
  moment: MomentName;
  /** Stands still there, as the process `pid`. */
  worker?: WorkerMember;
  pid?: number;
  /** Whose moment it is. */
  talk?: ChaosTalk;
  /** The worker may go on, where it is alive. */
  release?(): void;
}

/** As they stand in the tables of faults: where a worker stands still, and what a conversation's log says. */
export const STANDSTILLS = {
  'the model streams': 2,
  'checkpoint, no signal': 2,
  'signal, no heartbeat': 2,
  'sent, not recorded': 2,
  'recorded, not committed': 3,
  'continue as new': 2,
} satisfies Record<Place, number>;
export const CONDITIONS = {
  'approval pending': 1,
  'calls queued': 1,
  'a tool runs in a worker': 2,
} satisfies Record<Condition, number>;

/** One that has not come by then is given up. Milliseconds. */
const WITHIN_MS = 5_000;

export interface Moments {
  /** Undefined: it has not come. */
  waitFor(moment: MomentName): Promise<Scene | undefined>;
  /** A worker that was stopped goes on. */
  wakes(member: Member): void;
}

export function createMoments(workload: Workload, places: Places): Moments {
  const sleepers = new Set<(member: Member) => void>();

  async function woken(): Promise<Scene | undefined> {
    const { promise, resolve } = Promise.withResolvers<Member>();
    sleepers.add(resolve);
    const worker = (await Promise.race([promise, sleep(WITHIN_MS)])) as WorkerMember | undefined;
    sleepers.delete(resolve);
    return worker && { moment: 'paused worker wakes', worker, pid: worker.pid };
  }

  async function standstill(moment: Place): Promise<Scene | undefined> {
    const reached = await places.reached(moment, WITHIN_MS);
    if (!reached) return undefined;
    const { worker, pid, conversation, release } = reached;
    const talk = workload.talks.find(({ id }) => id === conversation);
    // Into the task that will be done again.
    if (moment === 'recorded, not committed')
      await Promise.race([talk?.say('and one more thing'), sleep(2_000)]);
    return { moment, worker, pid, talk, release };
  }

  async function holds(moment: Condition): Promise<Scene | undefined> {
    for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await sleep(50)) {
      const talk = workload.live().find(WHEN[moment]);
      if (talk) return { moment, talk };
    }
    return undefined;
  }

  return {
    async waitFor(moment) {
      if (moment === 'random') return { moment };
      if (moment === 'paused worker wakes') return woken();
      return isPlace(moment) ? standstill(moment) : holds(moment);
    },
    wakes(member) {
      for (const wake of sleepers) wake(member);
    },
  };
}

const isPlace = (moment: MomentName): moment is Place => moment in PLACES;

const WHEN: Record<Condition, (talk: ChaosTalk) => boolean> = {
  'approval pending': (talk) => someCallIs(talk, ['call.awaiting_approval']),
  'calls queued': (talk) => someCallIs(talk, ['call.queued']),
  'a tool runs in a worker': (talk) =>
    someCallIs(talk, ['call.started', 'call.event'], ['walks', 'risks', 'pays']),
};

/** Whether the last entry of an open call is of such a kind. */
function someCallIs(
  { follower: { entries } }: ChaosTalk,
  kinds: Entry['kind'][],
  tools?: string[],
) {
  const open = new Set(openCalls(entries));
  const last = new Map<string, Entry['kind']>();
  for (const entry of entries) {
    if (!('call_id' in entry) || !open.has(entry.call_id)) continue;
    if (entry.kind === 'call.requested' && tools && !tools.includes(entry.tool))
      open.delete(entry.call_id);
    else last.set(entry.call_id, entry.kind);
  }
  return [...last.values()].some((kind) => kinds.includes(kind));
}
