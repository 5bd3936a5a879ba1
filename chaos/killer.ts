/** Kills with -9: at seeded random moments, and at the named dangerous ones. Kills overlap. */
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '../cli/processes.ts';
import type { Entry } from '../contract/entry.ts';
import type { Kill } from './evidence.ts';
import type { Place } from './faults.ts';
import { programsOf } from './processes.ts';
import type { Random } from './random.ts';
import type { Member } from './supervise.ts';
import type { Topology, WorkerMember } from './topology.ts';
import { openCalls, type Talk, type Workload } from './workload.ts';

export interface KillerOptions {
  kills: number;
  random: Random;
  topology: Topology;
  workload: Workload;
  /** At the moment of each kill. */
  killed(kill: Omit<Kill, 'at'>): void;
  /** Aborted: no more kills. */
  signal: AbortSignal;
}

type Target = 'worker' | 'api' | 'temporal' | 'database' | 'program' | 'keeper';
type Moment = 'random' | 'paused worker wakes' | 'approval pending' | 'calls queued' | Place;

const MOMENTS: Record<Moment, number> = {
  random: 55,
  'the model streams': 6,
  'checkpoint, no signal': 6,
  'signal, no heartbeat': 5,
  'sent, not recorded': 5,
  'recorded, not committed': 8,
  'continue as new': 6,
  'paused worker wakes': 3,
  'approval pending': 3,
  'calls queued': 3,
};

const TARGETS: Record<Target, number> = {
  worker: 32,
  api: 14,
  temporal: 14,
  database: 12,
  program: 16,
  keeper: 12,
};

/** From one kill to the next, on average. Milliseconds. */
const BETWEEN_MS = 1_500;
/** A dangerous moment that has not come by then is given up. */
const MOMENT_WITHIN_MS = 6_000;
const TARGET_WITHIN_MS = 10_000;
/** Moments that are waited for. */
const MOST_AT_ONCE = 8;
/** Longer than a worker may be silent: heartbeats 5 s, tasks 5 s, its own queue 1 s. */
const PAUSE_MS = [7_000, 14_000] as const;

/** Resolves when so many have been killed, or soon after `signal` aborts. */
export async function killAll(options: KillerOptions): Promise<void> {
  const { kills, random, topology, workload, signal } = options;
  let count = 0;
  const dead = new Set<number>();
  const under = new Set<Promise<void>>();
  const paused = new Set<WorkerMember>();
  const busy = new Set<WorkerMember>();

  function kill(target: Target, moment: Moment, pid: number | undefined): void {
    // One that has just been killed is still there for a moment.
    if (pid === undefined || dead.has(pid) || count >= kills) return;
    dead.add(pid);
    count += 1;
    signalProcess(pid, 'SIGKILL');
    options.killed({ target, moment });
  }

  while (count < kills && !signal.aborted) {
    await sleep(-Math.log(1 - random.next()) * BETWEEN_MS);
    const moment = random.weighted(MOMENTS);
    const chance = random.fork(`${count} ${moment}`);
    const work = bringAbout(moment, chance).finally(() => under.delete(work));
    under.add(work);
    if (under.size > MOST_AT_ONCE) await Promise.race(under);
  }
  await Promise.all(under);

  async function bringAbout(moment: Moment, chance: Random): Promise<void> {
    switch (moment) {
      case 'random':
        return killSomething('random', chance);
      case 'paused worker wakes':
        return pause(chance);
      case 'approval pending':
        return killWhile(moment, chance, (talk) => someCallIs(talk, 'call.awaiting_approval'));
      case 'calls queued':
        return killWhile(moment, chance, (talk) => someCallIs(talk, 'call.queued'));
      default:
        return killAt(moment, chance);
    }
  }

  /** What is chosen may be dead at this moment: then as soon as it lives again. */
  async function killSomething(moment: Moment, chance: Random): Promise<void> {
    const target = chance.weighted(TARGETS);
    for (const deadline = Date.now() + TARGET_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
      const pids = await pidsOf(target);
      if (pids.length > 0) return kill(target, moment, chance.pick(pids as [number]));
    }
  }

  async function pidsOf(target: Target): Promise<number[]> {
    switch (target) {
      case 'worker':
        return alive(topology.workers.filter((worker) => !paused.has(worker)));
      case 'program':
      case 'keeper': {
        const running = await programsOf(topology.home);
        return running.flatMap((found) => (found.target === target ? [found.pid] : []));
      }
      default:
        return alive([topology[target]]);
    }
  }

  /** Stopped until another has taken over, then let go on, and killed a little later. */
  async function pause(chance: Random): Promise<void> {
    const worker = free(chance);
    if (!worker) return killSomething('random', chance);
    paused.add(worker);
    const { pid } = worker;
    worker.signal('SIGSTOP');
    try {
      await sleep(chance.between(...PAUSE_MS));
      if (pid !== undefined) signalProcess(pid, 'SIGCONT');
      await sleep(chance.between(500, 2_500));
      if (worker.pid === pid) kill('worker', 'paused worker wakes', pid);
    } finally {
      paused.delete(worker);
    }
  }

  async function killWhile(
    moment: Moment,
    chance: Random,
    holds: (talk: Talk) => boolean,
  ): Promise<void> {
    for (const deadline = Date.now() + MOMENT_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
      if (!workload.talks.some((talk) => !talk.follower.isOver && holds(talk))) continue;
      const target = chance.pick(['worker', 'temporal', 'database'] as const);
      if (target !== 'worker') return kill(target, moment, topology[target].pid);
      const worker = free(chance);
      return kill(target, moment, worker?.pid);
    }
    return killSomething('random', chance);
  }

  /** The worker stands still where it was told to, and says so. */
  async function killAt(place: Place, chance: Random): Promise<void> {
    const worker = free(chance);
    if (!worker) return killSomething('random', chance);
    busy.add(worker);
    const { pid } = worker;
    const reached = new Promise<string>((resolve) => {
      worker.hear((message) => {
        if (message.type === 'reached' && message.place === place) resolve(message.conversation);
      });
    });
    worker.tell({ type: 'arm', place });
    try {
      const conversation = await Promise.race([reached, sleep(MOMENT_WITHIN_MS, undefined)]);
      if (conversation === undefined) {
        worker.tell({ type: 'disarm' });
        return await killSomething('random', chance);
      }
      if (worker.pid !== pid) return;
      if (place === 'recorded, not committed') {
        const talk = workload.talks.find(({ id }) => id === conversation);
        // Into the task that will be done again.
        await Promise.race([talk?.say('and one more thing'), sleep(2_000)]);
      }
      if (worker.pid === pid) kill('worker', place, pid);
      if (place === 'sent, not recorded') {
        for (const other of topology.workers)
          if (other !== worker && !paused.has(other)) kill('worker', place, other.pid);
      }
    } finally {
      busy.delete(worker);
    }
  }

  function free(chance: Random): WorkerMember | undefined {
    const workers = topology.workers.filter(
      (worker) => !paused.has(worker) && !busy.has(worker) && worker.pid !== undefined,
    );
    return workers.length > 0 ? chance.pick(workers as [WorkerMember]) : undefined;
  }
}

const alive = (members: Member[]) => members.flatMap(({ pid }) => pid ?? []);

/** Whether an open call stands at this entry. */
function someCallIs({ follower: { entries } }: Talk, kind: Entry['kind']): boolean {
  const open = new Set(openCalls(entries));
  const last = new Map<string, Entry['kind']>();
  for (const entry of entries)
    if ('call_id' in entry && open.has(entry.call_id)) last.set(entry.call_id, entry.kind);
  return [...last.values()].includes(kind);
}
