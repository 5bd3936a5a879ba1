/** One chaos run, from an empty folder to the evidence. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MeanwhileClient } from '../client/client.ts';
import { collectConversations, readLedger } from './collect.ts';
import type { Evidence, Kill } from './evidence.ts';
import { killAll } from './killer.ts';
import { startChaosModel } from './model.ts';
import { programsOf } from './processes.ts';
import { seeded } from './random.ts';
import { createRecovery } from './recovery.ts';
import { startTopology, type Topology } from './topology.ts';
import { startWorkload, type Workload } from './workload.ts';

export interface ChaosOptions {
  kills: number;
  seed: number;
  /** At a time. */
  conversations: number;
  /** Keeps the logs of the processes here. Default: they are removed. */
  keep?: string;
  log(line: string): void;
  /** Aborted: no more kills; what was done until then is checked. */
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

/** So many that one takes over while another is being started. */
const WORKERS = 3;
/** What is not over by then is stuck. */
const REST_WITHIN_MS = 180_000;
/** A program that was told to stop gets this long. */
const PROGRAMS_WITHIN_MS = 60_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const { kills: wanted, seed, conversations, keep, log } = options;
  const { signal = new AbortController().signal } = options;
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'meanwhile-chaos-')));
  await mkdir(folder, { recursive: true });
  const dismissGuard = guard(join(folder, 'home'));
  const random = seeded(seed);
  const model = await startChaosModel();
  const began = Date.now();
  let topology: Topology | undefined;
  try {
    let workload: Workload | undefined;
    const recovery = createRecovery(() => workload?.talks ?? []);
    topology = await startTopology({
      folder,
      modelUrl: model.url,
      workers: WORKERS,
      random: random.fork('topology'),
      restarted: () => recovery.restarted(),
      log,
    });
    await topology.up();
    log(`Everything runs after ${seconds(began)} s, in ${folder}.`);

    const start = Date.now();
    workload = startWorkload({
      url: topology.url,
      conversations,
      random: random.fork('workload'),
      notice: (talk) => recovery.moved(talk),
    });
    const kills: Kill[] = [];
    await killAll({
      kills: wanted,
      random: random.fork('killer'),
      topology,
      workload,
      signal,
      killed(kill) {
        kills.push({ at: Date.now() - start, ...kill });
        recovery.killed(kill.target);
        log(`${seconds(start)} s  kill ${kills.length}: ${kill.target} (${kill.moment})`);
      },
    });
    log(`${seconds(start)} s  No more kills; waiting until everything has come to rest.`);
    await topology.up();
    await workload.end(AbortSignal.timeout(REST_WITHIN_MS));
    await topology.up();
    const programs = await programsLeft(topology.home);
    await Promise.all(workload.talks.map(({ follower }) => follower.stop()));
    log(`${seconds(start)} s  At rest. Collecting ${workload.talks.length} conversations.`);

    const client = new MeanwhileClient(topology.url);
    const collected = await collectConversations(client, topology.temporalAddress, workload.talks);
    const evidence: Evidence = {
      seed,
      sent: workload.sent,
      conversations: collected,
      ledger: await readLedger(topology.home, collected),
      programs,
      recoveries: recovery.recoveries,
      kills,
    };
    const surprises = [...workload.surprises, ...model.refused.map((why) => `The model: ${why}`)];
    return { evidence, restarts: recovery.restarts, surprises, seconds: seconds(began) };
  } finally {
    await topology?.stop();
    await model.close();
    dismissGuard();
    if (keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Those that still run when they had time to end. */
async function programsLeft(home: string): Promise<Evidence['programs']> {
  for (const deadline = Date.now() + PROGRAMS_WITHIN_MS; ; await sleep(500)) {
    const left = await programsOf(home);
    if (left.length === 0 || Date.now() > deadline)
      return left.map(({ pid, command }) => ({ pid, command }));
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
