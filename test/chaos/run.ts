/** One chaos run, from an empty folder to the evidence. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collectConversations, readLedger, runningCalls } from './collect.ts';
import { driveFaults } from './driver.ts';
import { type Evidence, type FaultEvidence, type Kind, KINDS } from './evidence.ts';
import type { FaultTargets } from './faults/fault.ts';
import { createOperators } from './faults/operators.ts';
import { startChaosModel } from './model.ts';
import { startHarnesses, type Harnesses } from './mcp/harnesses.ts';
import { createMoments } from './moments.ts';
import { callPrograms } from './processes.ts';
import { seeded } from './random.ts';
import { createRecovery } from './recovery.ts';
import { createPlaces } from './standstill.ts';
import type { TopologyName } from './servers.ts';
import { startTopology, type Topology } from './topology.ts';
import { startWorkload, type Workload } from './workload.ts';

export interface ChaosOptions {
  faults: number;
  /** Default: small. */
  topology?: TopologyName;
  /** Which are done. Default: all. */
  kinds?: readonly Kind[];
  /** Only what is done to these: names of faults, such as `worker`. Default: anything. */
  targets?: readonly string[];
  /** No fault lasts longer. Milliseconds; default: as long as its kind does. */
  longest_ms?: number;
  seed: number;
  /** At a time. */
  conversations: number;
  /** With MCP servers, and harnesses behind proxies. Default: without. */
  mcp?: boolean;
  /** Keeps the logs of the processes here. Default: they are removed. */
  keep?: string;
  log(line: string): void;
  /** Aborted: no more faults; what was done until then is checked. */
  signal?: AbortSignal;
}

export interface ChaosRun {
  evidence: Evidence;
  /** From a worker's being ready again until a conversation that owed words speaks. Milliseconds. */
  restarts: number[];
  /** What is wrong beyond the evidence: refused requests to the model, unexpected answers of the API. */
  surprises: string[];
  seconds: number;
}

/** Enough that one takes over while another is being started. */
const WORKERS = 3;
/** What is not over by then is stuck. */
const REST_WITHIN_MS = 180_000;
/** A program that was told to stop gets this long. */
const PROGRAMS_WITHIN_MS = 60_000;
/** So does a call whose conversation is over. */
const CALLS_WITHIN_MS = 20_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const { faults: wanted, kinds = KINDS, seed, conversations, keep, log } = options;
  const { longest_ms = Infinity, signal = new AbortController().signal, mcp = false } = options;
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'meanwhile-chaos-')));
  await mkdir(folder, { recursive: true });
  const dismissGuard = guard(join(folder, 'home'));
  const random = seeded(seed);
  const model = await startChaosModel();
  const began = Date.now();
  let topology: Topology | undefined;
  const closing: (() => Promise<void>)[] = [];
  try {
    let workload: Workload | undefined;
    const recovery = createRecovery(() => workload?.talks ?? []);
    const places = createPlaces(() => topology?.workers ?? []);
    topology = await startTopology({
      name: options.topology ?? 'small',
      folder,
      modelUrl: model.url,
      workers: WORKERS,
      mcp,
      random: random.fork('topology'),
      started(worker, again) {
        places.started(worker);
        if (again) recovery.restarted();
      },
      reached: places.heard,
      log,
    });
    await topology.up();
    log(`All processes were up after ${seconds(began)} s, in ${folder}.`);

    const start = Date.now();
    let seen = 0;
    workload = startWorkload({
      client: topology.client,
      conversations,
      mcp,
      random: random.fork('workload'),
      notice(talk) {
        seen += 1;
        recovery.moved(talk);
      },
    });
    const harnesses: Harnesses | undefined =
      topology.mcp &&
      startHarnesses({
        client: topology.client,
        site: topology.mcp,
        lanes: Math.ceil(conversations / 2),
        random: random.fork('harnesses'),
        notice: () => (seen += 1),
      });
    const operators = createOperators(topology.temporalAddress);
    closing.push(() => operators.close());
    const shared = { held: new Set<never>(), dead: new Set<number>() };
    const stage: FaultTargets = { topology, workload, operators, longest_ms, ...shared };
    const moments = createMoments(workload, places);
    const faults: FaultEvidence[] = [];
    await driveFaults({
      faults: wanted,
      kinds,
      ...(options.targets && { targets: options.targets }),
      random: random.fork('driver'),
      stage,
      moments,
      entries: () => seen,
      signal,
      done(fault) {
        faults.push(fault);
        recovery.done(fault);
        log(`${seconds(start)} s  ${faults.length}: ${inWords(fault)}`);
      },
      healed(fault) {
        recovery.healed(fault);
        const member = topology?.workers.find(({ pid }) => pid && fault.pids?.includes(pid));
        if (member && fault.kind === 'freeze') moments.wakes(member);
        const lasted = Math.round((fault.until! - fault.at) / 100) / 10;
        log(`${seconds(start)} s  over after ${lasted} s: ${inWords(fault)}`);
      },
    });
    log(`${seconds(start)} s  No more faults. Waiting until all conversations are closed.`);
    await topology.up();
    const rest = AbortSignal.timeout(REST_WITHIN_MS);
    await Promise.all([workload.end(rest), harnesses?.end(rest)]);
    await topology.up();
    const { home, temporalAddress } = topology;
    const [programs, calls] = await Promise.all([
      left(() => callPrograms(home), PROGRAMS_WITHIN_MS),
      left(() => runningCalls(temporalAddress), CALLS_WITHIN_MS),
    ]);
    const talks = [...workload.talks, ...(harnesses?.talks ?? [])];
    await Promise.all(talks.map(({ follower }) => follower.stop()));
    log(`${seconds(start)} s  At rest. Collecting ${talks.length} conversations.`);

    const collected = await collectConversations(topology.client, topology.temporalAddress, {
      talks,
      faults,
    });
    const evidence: Evidence = {
      seed,
      sent: workload.sent,
      conversations: collected,
      ledger: await readLedger(topology.home),
      ...(harnesses && { upstream: topology.mcp!.ledger(), harnesses: harnesses.evidence() }),
      programs: programs.map(({ pid, command }) => ({ pid, command })),
      calls,
      recoveries: recovery.recoveries,
      faults,
    };
    const surprises = [
      ...workload.surprises,
      ...(harnesses?.surprises ?? []),
      ...model.refused.map((why) => `The model: ${why}`),
    ];
    return { evidence, restarts: recovery.restarts, surprises, seconds: seconds(began) };
  } finally {
    for (const close of closing) await close();
    await topology?.stop();
    await model.close();
    dismissGuard();
    if (keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Those that are still there when they had time to end. */
async function left<T>(find: () => Promise<T[]>, within_ms: number): Promise<T[]> {
  for (const deadline = Date.now() + within_ms; ; await sleep(500)) {
    const found = await find();
    if (found.length === 0 || Date.now() > deadline) return found;
  }
}

/** Ends what the run leaves where this process is killed. */
function guard(home: string): () => void {
  const program = fileURLToPath(new URL('guard.ts', import.meta.url));
  const child = spawn(process.execPath, [program, home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.unref();
  return () => void child.kill();
}

const seconds = (since: number) => Math.round((Date.now() - since) / 100) / 10;

function inWords({ kind, target, moment, operation }: FaultEvidence): string {
  const { call_id, conversation } = operation ?? {};
  const where = operation ? ` ${call_id ?? conversation}` : '';
  return `${kind} ${target}${where} (${moment})`;
}
