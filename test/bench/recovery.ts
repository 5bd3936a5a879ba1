/**
 * How long a service that is killed with -9 in the middle of an install takes until its agent speaks again: the time of its start, and what
 * comes on top of that. Its Temporal server lives on, as it does where only the service is killed; `--temporal` kills it too.
 */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestService, type TestService } from '../kit/service.ts';
import { follow, type Talk, talk } from '../kit/talk.ts';
import { percentile } from './figures.ts';

export const recoveryHelp = `npm run bench -- recovery [--kills 10] [--temporal]
  Time from kill -9 during an install until the service is up again, and from then to the next reply.`;

export async function recovery(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string', default: '10' },
      temporal: { type: 'boolean', default: false },
    },
  });
  const starts: number[] = [];
  const beyond: number[] = [];
  const service = await startTestService({ env: { MEANWHILE_UNSOLICITED_PER_MINUTE: '1000' } });
  try {
    for (let kill = 0; kill < Number(values.kills); kill += 1) {
      const sample = await killOnce(service, values.temporal);
      starts.push(sample.start_ms);
      beyond.push(sample.beyond_start_ms);
      console.log(JSON.stringify({ kill: kill + 1, ...sample }));
    }
  } finally {
    await service.remove();
  }
  return {
    bench: 'recovery',
    kills: beyond.length,
    with_temporal: values.temporal,
    start_p50_ms: percentile(starts, 50),
    start_p95_ms: percentile(starts, 95),
    beyond_start_p50_ms: percentile(beyond, 50),
    beyond_start_p95_ms: percentile(beyond, 95),
  };
}

/** A conversation of its own each time: an install takes some fifteen seconds. */
async function killOnce(service: TestService, withTemporal: boolean) {
  const before = await talk(service.client, 'run the installer and update me every 5%');
  await before.log.until('the install is under way', () => saidOf(before) >= 4 || undefined);
  // Somewhere between two of its steps.
  await sleep(Math.random() * 500);
  const killedAt = new Date().toISOString();
  const killed = performance.now();
  await (withTemporal ? service.kill9WithTemporal() : service.kill9());
  await service.start();
  const started = performance.now();
  const after = follow(service.client, before.id);
  await after.log.until('it speaks again', () =>
    after.log.of('reply.completed').some(({ at }) => at > killedAt),
  );
  const spoke = performance.now();
  await after.post('close');
  return {
    start_ms: Math.round(started - killed),
    beyond_start_ms: Math.round(spoke - started),
  };
}

const saidOf = ({ log }: Talk) => log.of('reply.completed').length;
