/** SIGSTOP, and SIGCONT after a while: a machine that is suspended, a disk that hangs, a collection of garbage. */
import { signalProcess } from '../../../tools/process-group.ts';
import { CONDITIONS, type MomentName, STANDSTILLS } from '../moments.ts';
import { childrenOf } from '../processes.ts';
import type { Random } from '../random.ts';
import type { Member } from '../supervise.ts';
import type { TopologyName } from '../servers.ts';
import { type Fault, type ServerName, serversOf, type FaultTargets } from './fault.ts';

/** Short ones are more frequent than long ones. Milliseconds. */
type Span = readonly [min: number, max: number];

/** A worker's span goes from below all of Temporal's time-outs to far above them. */
export const freezes: Fault[] = [
  freeze('worker', 30, [3_000, 90_000], { random: 8, ...STANDSTILLS, ...CONDITIONS }),
  freeze('api', 12, [1_000, 15_000], { random: 1 }),
  freeze('temporal', 28, [1_000, 10_000], { random: 6, ...CONDITIONS }),
  freeze('database', 20, [1_000, 10_000], { random: 6, ...STANDSTILLS }),
  freeze('temporal database', 20, [1_000, 10_000], { random: 6, ...CONDITIONS }, 'cluster'),
  { ...freeze('service', 12, [1_000, 15_000], { random: 1 }), needsMcp: true },
  freeze('redis', 20, [1_000, 10_000], { random: 6, 'the model streams': 4 }, 'cluster'),
];

function freeze(
  name: 'worker' | ServerName,
  weight: number,
  span: Span,
  moments: Partial<Record<MomentName, number>>,
  only?: TopologyName,
): Fault {
  return {
    kind: 'freeze',
    name,
    weight,
    moments,
    only,
    // Nothing waits for Redis, and workers take over from the service.
    ...(!['worker', 'service', 'redis'].includes(name) && { isWide: true }),
    async inject(stage, chance, scene) {
      const member =
        name === 'worker'
          ? (scene.worker ?? freeWorker(stage, chance))
          : unheld(stage, chance, name);
      const pid = member?.pid;
      if (!member || pid === undefined || !mayStop(stage, member)) return undefined;
      stage.held.add(member);
      signalProcess(pid, 'SIGSTOP');
      // PostgreSQL is one process for each connection. A worker's children are programs, which are no part of it.
      const pids = [pid, ...(name.endsWith('database') ? await childrenOf(pid) : [])];
      for (const each of pids) signalProcess(each, 'SIGSTOP');
      const heal = () => {
        for (const each of pids) signalProcess(each, 'SIGCONT');
        stage.held.delete(member);
      };
      return { pids, lasts: { ms: spread(chance, span, stage.longest_ms), heal } };
    },
  };
}

/** As many between 3 and 9 seconds as between 30 and 90. */
export function spread(chance: Random, [min, max]: Span, longest: number): number {
  const most = Math.max(min, Math.min(max, longest));
  return Math.exp(chance.between(Math.log(min), Math.log(most)));
}

function unheld(
  { topology, held }: FaultTargets,
  chance: Random,
  name: ServerName,
): Member | undefined {
  const [first, ...rest] = serversOf(topology, name).filter((one) => !held.has(one));
  if (rest.length === 0) return first;
  return chance.pick([first!, ...rest]);
}

export function freeWorker({ topology, held }: FaultTargets, chance: Random): Member | undefined {
  const workers: Member[] = topology.workers;
  const free = workers.filter((one) => !held.has(one) && one.pid !== undefined);
  return free.length > 0 ? chance.pick(free as [Member]) : undefined;
}

/** Two workers have to be left that could take over: with none nothing would be found out, and one may be killed. */
function mayStop({ topology, held }: FaultTargets, member: Member): boolean {
  if (held.has(member)) return false;
  const workers: Member[] = topology.workers;
  const left = workers.filter((one) => one !== member && !held.has(one));
  return !workers.includes(member) || left.length >= 2;
}
