/** A network that splits: some of the service reach Temporal or the database no more, while everything lives. */
import { CONDITIONS, type MomentName, STANDSTILLS } from '../moments.ts';
import type { Cut } from '../proxy.ts';
import type { Random } from '../random.ts';
import type { Member } from '../supervise.ts';
import type { TopologyName } from '../servers.ts';
import type { Backend } from '../topology.ts';
import { type Fault, pidsOf, type FaultTargets } from './fault.ts';
import { freeWorker, spread } from './freeze.ts';

/** Milliseconds. */
const LASTS = [2_000, 15_000] as const;

type Who = 'worker' | 'api' | 'everyone';

const WHERE = { random: 6, ...STANDSTILLS, ...CONDITIONS };

export const partitions: Fault[] = [
  partition('worker', ['temporal'], 24, WHERE),
  partition('worker', ['database'], 14, WHERE),
  partition('worker', ['temporal', 'database'], 14, WHERE),
  partition('everyone', ['temporal'], 16, { random: 6, ...CONDITIONS }),
  partition('everyone', ['database'], 16, { random: 6, ...STANDSTILLS }),
  partition('api', ['temporal'], 8, { random: 1 }),
  partition('api', ['database'], 8, { random: 1 }),
  partition('api', ['redis'], 8, { random: 6, 'the model streams': 4 }, 'cluster'),
  partition('worker', ['redis'], 8, { random: 6, 'the model streams': 4 }, 'cluster'),
  partition('everyone', ['redis'], 8, { random: 1 }, 'cluster'),
];

function partition(
  who: Who,
  from: Backend[],
  weight: number,
  moments: Partial<Record<MomentName, number>>,
  only?: TopologyName,
): Fault {
  return {
    kind: 'partition',
    name: `${who} from ${from.join(' and ')}`,
    weight,
    moments,
    only,
    // Nothing waits for Redis.
    ...(who !== 'worker' && !from.includes('redis') && { isWide: true }),
    inject(stage, chance, { worker }) {
      const members = who === 'worker' && worker ? [worker] : membersOf(stage, who, chance);
      const pids = pidsOf(members);
      if (pids.length === 0) return Promise.resolve(undefined);
      const how: Cut = chance.chance(0.7) ? 'silent' : 'refused';
      const mends = stage.topology.links
        .filter(({ member, to }) => members.includes(member) && from.includes(to))
        .map(({ proxy }) => proxy.cut(how));
      const ms = spread(chance, LASTS, stage.longest_ms);
      const heal = () => mends.forEach((mend) => mend());
      return Promise.resolve({ pids, lasts: { ms, heal } });
    },
  };
}

function membersOf(stage: FaultTargets, who: Who, chance: Random): Member[] {
  const { workers, apis, service } = stage.topology;
  switch (who) {
    case 'api':
      return [chance.pick(apis as [Member])];
    case 'everyone':
      return [...workers, ...apis, ...(service ? [service] : [])];
    case 'worker': {
      const worker = freeWorker(stage, chance);
      return worker ? [worker] : [];
    }
  }
}
