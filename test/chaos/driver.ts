/** Does faults to the service, one upon the other: at seeded random moments, and at the named dangerous ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEvidence, Kind } from './evidence.ts';
import { deckOf } from './deck.ts';
import type { Fault, Injected, FaultTargets } from './faults/fault.ts';
import { FAULTS } from './faults/table.ts';
import type { MomentName, Moments } from './moments.ts';
import type { Random } from './random.ts';
import type { Topology } from './topology.ts';

export interface DriverOptions {
  faults: number;
  kinds: readonly Kind[];
  /** Only what is done to these. Undefined: to anything. */
  targets?: readonly string[];
  random: Random;
  stage: FaultTargets;
  moments: Moments;
  /** How many entries readers have seen so far. */
  entries(): number;
  /** As each is done. */
  done(fault: FaultEvidence): void;
  /** As one that lasts is over, with its `until`. */
  healed(fault: FaultEvidence): void;
  /** Aborted: no more of them. */
  signal: AbortSignal;
}

/** From one fault to the next, on average. Milliseconds. */
const BETWEEN_MS = 1_800;
/** Under way: waited for, or lasting. */
const MOST_AT_ONCE = 8;
/** Every other fault waits until conversations have gone on since the one before: for this number of entries, or this long. */
const ENTRIES_BETWEEN = 5;
const BREATH_MS = 10_000;
/** From the end of one fault that holds up everything to the next: so much happens in between. Milliseconds. */
const REST_MS = 3_000;
/** How often another fault of the same kind is tried when there was nothing to do one to. */
const TRIES = 5;

/** Resolves when the wanted number have been done and have healed, or soon after `signal` aborts. */
export async function driveFaults(options: DriverOptions): Promise<void> {
  const { faults: wanted, kinds, targets, random, stage, moments, signal } = options;
  const underWay = new Set<Promise<void>>();
  const lasting = new Set<() => void>();
  const kindAt = deckOf(kinds, random.fork('kinds'));
  let [done, begun] = [0, 0];
  /** Kinds that were given up: their turn comes again. */
  const owed: Kind[] = [];
  /** Begun, and neither done nor given up. */
  let open = 0;
  /** Resolves when the next fault that holds up everything may be done. */
  let turn = Promise.resolve();

  try {
    while (done < wanted && !signal.aborted) {
      await sleep(-Math.log(1 - random.next()) * BETWEEN_MS);
      if (random.chance(0.5)) await breath();
      if (done + open < wanted) begin();
      // The last one may be over already, and a race of none never ends.
      const isEnough = underWay.size > MOST_AT_ONCE || done + open >= wanted;
      if (isEnough && underWay.size > 0) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    // Whatever went wrong: what is frozen does not hear that it is to end.
    for (const heal of lasting) heal();
  }

  /** A service that is down is soon the same under every fault. */
  async function breath(): Promise<void> {
    const [before, since] = [options.entries(), Date.now()];
    const isEnough = () => options.entries() >= before + ENTRIES_BETWEEN || signal.aborted;
    while (!isEnough() && Date.now() < since + BREATH_MS) await sleep(50);
  }

  function begin(): void {
    const kind = owed.shift() ?? kindAt(begun);
    const chance = random.fork(`${begun} ${kind}`);
    begun += 1;
    open += 1;
    const work: Promise<void> = bringAbout(kind, chance).finally(() => underWay.delete(work));
    underWay.add(work);
  }

  async function bringAbout(kind: Kind, chance: Random): Promise<void> {
    for (let tries = 1; tries <= TRIES && !signal.aborted; tries += 1) {
      const fault = draw(kind, chance, { ...stage.topology, targets });
      const moment = chance.weighted(fault.moments);
      const rested = fault.isWide ? await myTurn() : () => {};
      const injected = await inject(fault, moment, chance).catch((error: unknown) => {
        rested();
        throw error;
      });
      if (!injected) {
        rested();
        continue;
      }
      open -= 1;
      done += 1;
      return last(fault, injected).finally(() => setTimeout(rested, REST_MS));
    }
    open -= 1;
    owed.push(kind);
  }

  /** @returns lets the next one in */
  async function myTurn(): Promise<() => void> {
    const before = turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn = promise;
    await before;
    return resolve;
  }

  /** At its moment; at a random one where that does not come. */
  async function inject(fault: Fault, moment: MomentName, chance: Random) {
    const scene = (await moments.waitFor(moment)) ?? { moment: 'random' as const };
    try {
      const injected = await fault.inject(stage, chance, scene);
      return injected && { ...injected, at: Date.now(), moment: scene.moment };
    } finally {
      scene.release?.();
    }
  }

  /** Until it heals. */
  async function last({ kind, name }: Fault, injected: Injected & { at: number; moment: string }) {
    const { lasts, ...facts } = injected;
    const evidence: FaultEvidence = { kind, target: name, ...facts };
    options.done(evidence);
    if (!lasts) return;
    const heal = () => {
      lasting.delete(heal);
      lasts.heal();
      evidence.until = Date.now();
    };
    lasting.add(heal);
    await sleep(lasts.ms);
    heal();
    options.healed(evidence);
  }
}

const draw = (
  kind: Kind,
  chance: Random,
  { name, mcp, targets }: Pick<Topology, 'name' | 'mcp'> & Pick<DriverOptions, 'targets'>,
) => {
  const isThere = (fault: Fault) =>
    (fault.only === undefined || fault.only === name) &&
    (!fault.needsMcp || mcp !== undefined) &&
    (targets === undefined || targets.includes(fault.name));
  const own = FAULTS.filter((fault) => fault.kind === kind && isThere(fault));
  const weights = Object.fromEntries(own.map(({ weight }, i) => [i, weight]));
  return own[Number(chance.weighted(weights))]!;
};
