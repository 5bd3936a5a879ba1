/** What a chaos run does to the service. Each fault is one of these, and all of them stand in table.ts. */
import type { FaultEvidence, Kind } from '../evidence.ts';
import type { MomentName, Scene } from '../moments.ts';
import type { Random } from '../random.ts';
import type { Member } from '../supervise.ts';
import type { TopologyName } from '../servers.ts';
import type { Topology } from '../topology.ts';
import type { Workload } from '../workload.ts';
import type { Operators } from './operators.ts';

export interface Fault {
  kind: Kind;
  /** What it is done to, as the evidence and the tables have it. */
  name: string;
  /** Among the faults of its kind. */
  weight: number;
  /** Only in this topology is there what it is done to. */
  only?: TopologyName;
  /** Only a run with MCP has it. */
  needsMcp?: true;
  /** It holds up everything for as long as it lasts: no two of these at a time, or nothing would happen at all. */
  isWide?: true;
  /** When it is done: weights. */
  moments: Partial<Record<MomentName, number>>;
  /** Undefined: there is nothing to do it to at this moment. */
  inject(stage: FaultTargets, chance: Random, scene: Scene): Promise<Injected | undefined>;
}

export interface Injected extends Pick<FaultEvidence, 'pids' | 'operation'> {
  /** How long it lasts, until it heals. Absent: what was done is over at once. */
  lasts?: { ms: number; heal(): void };
}

/** All that a fault can reach. */
export interface FaultTargets {
  topology: Topology;
  workload: Workload;
  operators: Operators;
  /** Members that a fault stops and lets go on: no other fault may do so at the same time. */
  held: Set<Member>;
  /** Killed, and perhaps still there for a moment. */
  dead: Set<number>;
  /** No fault lasts longer. Milliseconds. */
  longest_ms: number;
}

export const pidsOf = (members: Member[]) => members.flatMap(({ pid }) => pid ?? []);

export type ServerName =
  | 'api'
  | 'service'
  | 'temporal'
  | 'temporal database'
  | 'database'
  | 'redis';

/** All of this name. Empty if the topology has none. */
export function serversOf(topology: Topology, name: ServerName): Member[] {
  switch (name) {
    case 'api':
      return topology.apis;
    case 'service':
      return topology.service ? [topology.service] : [];
    case 'temporal database':
      return topology.temporalDatabase ? [topology.temporalDatabase] : [];
    case 'redis':
      return topology.redis ? [topology.redis] : [];
    default:
      return [topology[name]];
  }
}
