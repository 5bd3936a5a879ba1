/** Too little CPU: processes that get a tenth of their time, and a machine that is busy with something else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';
import { signalProcess } from '../../../tools/process-group.ts';
import type { Random } from '../random.ts';
import type { Member } from '../supervise.ts';
import { type Fault, pidsOf, type FaultTargets } from './fault.ts';
import { freeWorker } from './freeze.ts';

/** Milliseconds. */
const LASTS = [2_000, 8_000] as const;
/** A process runs for a tenth of each slice. Milliseconds. */
const SLICE_MS = 200;
const RUNS_MS = 20;

export const starvations: Fault[] = [
  slow('worker', 4, (stage, chance) => [freeWorker(stage, chance)]),
  slow('temporal', 2, ({ topology }) => [topology.temporal]),
  slow('all workers and the API', 2, ({ topology }) => [...topology.workers, ...topology.apis]),
  {
    kind: 'starve',
    name: 'the machine',
    weight: 2,
    isWide: true,
    moments: { random: 1 },
    inject(stage, chance) {
      const ms = span(stage, chance);
      const busy = Array.from({ length: 2 * availableParallelism() }, () => burn(ms));
      const heal = () => busy.forEach((one) => one.kill('SIGKILL'));
      return Promise.resolve({ lasts: { ms, heal } });
    },
  },
];

function slow(
  name: string,
  weight: number,
  choose: (stage: FaultTargets, chance: Random) => (Member | undefined)[],
): Fault {
  return {
    kind: 'starve',
    name,
    weight,
    ...(name !== 'worker' && { isWide: true }),
    moments: { random: 1 },
    inject(stage, chance) {
      const members = choose(stage, chance).filter((one): one is Member => !!one && isFree(one));
      const pids = pidsOf(members);
      if (pids.length === 0) return Promise.resolve(undefined);
      members.forEach((one) => stage.held.add(one));
      const each = (signal: NodeJS.Signals) => pids.forEach((pid) => signalProcess(pid, signal));
      const stop = () => each('SIGSTOP');
      const go = () => each('SIGCONT');
      let running: NodeJS.Timeout | undefined;
      const slice = () => {
        go();
        running = setTimeout(stop, RUNS_MS);
      };
      const slices = setInterval(slice, SLICE_MS);
      stop();
      const heal = () => {
        clearInterval(slices);
        clearTimeout(running);
        go();
        members.forEach((one) => stage.held.delete(one));
      };
      return Promise.resolve({ pids, lasts: { ms: span(stage, chance), heal } });

      function isFree(member: Member): boolean {
        return !stage.held.has(member);
      }
    },
  };
}

const span = ({ longest_ms }: FaultTargets, chance: Random) =>
  chance.between(LASTS[0], Math.min(LASTS[1], longest_ms));

/** Ends by itself as well, should this process be killed. */
function burn(ms: number): ChildProcess {
  const program = `const end = Date.now() + ${Math.ceil(ms)}; while (Date.now() < end);`;
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  try {
    if (child.pid !== undefined) setPriority(child.pid, -5);
  } catch {
    // Only root may push in: then it is one among equals.
  }
  return child;
}
