/** What a user of a chaos run does next. */
import { UPSTREAM_SERVERS, UPSTREAM_TOOLS } from './mcp/upstream-tools.ts';
import type { Random } from './random.ts';

export type Action = 'say' | 'ask' | 'interrupt' | 'cancel';

export const chooseAction = (random: Random): Action =>
  random.weighted<Action>({ ask: 50, say: 30, interrupt: 9, cancel: 11 });

/** In the words of test/chaos/model.ts. @param mcp whether there are MCP servers */
export function wishes(random: Random, mcp: boolean): string {
  const wish = () => {
    if (mcp && random.chance(0.6)) return upstreamWish(random);
    const tool = random.weighted({
      steps: 4,
      walks: 5,
      risks: 3,
      pays: 3,
      saves: 3,
      looks: 1,
      signs: 1,
    });
    if (tool === 'looks' || tool === 'signs') return `[${tool}]`;
    const pause_ms = random.whole(100, 900);
    if (tool === 'pays') return `[${tool} pause_ms=${pause_ms}]`;
    const report = random.pick(['', ' report=every_20_percent', ' report=only_the_end']);
    // Some are long enough to be met by a fault, and to outlast it.
    const count = random.whole(2, Number(random.weighted({ 8: 65, 25: 30, 80: 5 })));
    return `[${tool} count=${count} pause_ms=${pause_ms}${report}]`;
  };
  // More than may run at once, now and then.
  const count = random.chance(0.2) ? random.whole(4, 6) : random.whole(1, 2);
  return Array.from({ length: count }, wish).join(' ');
}

/** Before the next action. Milliseconds; often none, so that things fall into each other. */
export function pauseBefore(random: Random): number {
  return random.chance(0.2) ? 0 : random.between(200, 3_000);
}

function upstreamWish(random: Random): string {
  const server = random.pick(UPSTREAM_SERVERS);
  const tool = random.pick(Object.keys(UPSTREAM_TOOLS) as [string]);
  const report = random.pick(['', ' report=every_20_percent', ' report=everything']);
  const count = random.whole(2, Number(random.weighted({ 8: 65, 25: 30, 60: 5 })));
  return `[${server}__${tool} count=${count} pause_ms=${random.whole(100, 700)}${report}]`;
}
