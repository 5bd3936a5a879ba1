/**
 * How long `meanwhile start` takes until it is ready, with a Temporal server of its own: on a new home, on one that was stopped, and on one whose
 * service and Temporal server were killed with -9. The packages and Temporal's binary are there; so is what `npm run build` makes.
 */
import { parseArgs } from 'node:util';
import { startTestService } from '../kit/service.ts';
import { percentile } from './figures.ts';

export const startHelp = `npm run bench -- start [--times 5]
  Time until the service is ready: on a new home, after a stop, after kill -9 of all of it. Medians.`;

export async function start(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { times: { type: 'string', default: '5' } } });
  const fresh: number[] = [];
  const warm: number[] = [];
  const back: number[] = [];
  for (let time = 0; time < Number(values.times); time += 1) {
    const service = await timed(fresh, () => startTestService({}));
    try {
      await service.stop();
      await timed(warm, () => service.start());
      await service.kill9WithTemporal();
      await timed(back, () => service.start());
    } finally {
      await service.remove();
    }
    console.log(JSON.stringify({ fresh: fresh.at(-1), warm: warm.at(-1), back: back.at(-1) }));
  }
  return {
    bench: 'start',
    times: fresh.length,
    fresh_ms: percentile(fresh, 50),
    warm_ms: percentile(warm, 50),
    back_ms: percentile(back, 50),
  };
}

async function timed<T>(samples: number[], work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const done = await work();
  samples.push(Math.round(performance.now() - began));
  return done;
}
