/** Death without notice: SIGKILL, after which the member is started again as a process manager does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '../../../tools/process-group.ts';
import { CONDITIONS, type MomentName, type Scene, STANDSTILLS } from '../moments.ts';
import { type ProgramName, programsOf } from '../processes.ts';
import type { Random } from '../random.ts';
import type { TopologyName } from '../servers.ts';
import { type Fault, pidsOf, serversOf, type FaultTargets } from './fault.ts';

type Target =
  | 'worker'
  | 'api'
  | 'temporal'
  | 'temporal database'
  | 'database'
  | 'redis'
  | 'proxy'
  | 'service'
  | ProgramName;

/** What is to die may be dead at this moment: then as soon as it lives again. Milliseconds. */
const TARGET_WITHIN_MS = 10_000;

const MCP_WEIGHTS = { service: 25, proxy: 20, upstream: 25, 'mcp program': 12, 'mcp keeper': 6 };

export const kills: Fault[] = [
  kill('worker', 40, { random: 20, 'paused worker wakes': 4, ...STANDSTILLS, ...CONDITIONS }),
  kill('api', 12, { random: 1 }),
  kill('temporal', 14, { random: 12, ...CONDITIONS }),
  kill('database', 12, { random: 10, ...CONDITIONS }),
  kill('temporal database', 12, { random: 10, ...CONDITIONS }, 'cluster'),
  kill('redis', 12, { random: 6, 'the model streams': 4 }, 'cluster'),
  kill('program', 12, { random: 1 }),
  kill('keeper', 10, { random: 1 }),
  ...(['service', 'proxy', 'upstream', 'mcp program', 'mcp keeper'] as const).map(
    (name): Fault => ({
      ...kill(name, MCP_WEIGHTS[name], { random: 1 }),
      needsMcp: true,
    }),
  ),
];

function kill(
  name: Target,
  weight: number,
  moments: Partial<Record<MomentName, number>>,
  only?: TopologyName,
): Fault {
  return {
    kind: 'kill',
    name,
    weight,
    moments,
    only,
    async inject(stage, chance, scene) {
      const pids =
        name === 'worker' && scene.worker
          ? workersAt(stage, scene)
          : await someOf(stage, name, chance);
      for (const pid of pids) {
        stage.dead.add(pid);
        signalProcess(pid, 'SIGKILL');
      }
      return pids.length > 0 ? { pids } : undefined;
    },
  };
}

/** The paused worker; at `sent, not recorded`, also every worker that is not held, so that none can record what was sent. */
function workersAt({ topology, held }: FaultTargets, { moment, worker, pid }: Scene): number[] {
  if (worker?.pid === undefined || worker.pid !== pid) return [];
  if (moment !== 'sent, not recorded') return [worker.pid];
  return pidsOf(topology.workers.filter((one) => one === worker || !held.has(one)));
}

async function someOf(stage: FaultTargets, name: Target, chance: Random): Promise<number[]> {
  for (const deadline = Date.now() + TARGET_WITHIN_MS; Date.now() < deadline; await sleep(200)) {
    const living = (await allOf(stage, name)).filter((pid) => !stage.dead.has(pid));
    if (living.length > 0) return [chance.pick(living as [number])];
  }
  return [];
}

async function allOf({ topology }: FaultTargets, name: Target): Promise<number[]> {
  const running = async () =>
    (await programsOf(topology.home)).flatMap(({ target, pid }) => (target === name ? [pid] : []));
  switch (name) {
    case 'worker':
      return pidsOf(topology.workers);
    case 'proxy':
      return topology.mcp!.proxies();
    case 'program':
    case 'keeper':
    case 'mcp program':
    case 'mcp keeper':
      return running();
    case 'upstream':
      return [...pidsOf([topology.mcp!.upstream]), ...(await running())];
    default:
      return pidsOf(serversOf(topology, name));
  }
}
