/** Chance that can be had again: the same seed gives the same numbers. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  between(min: number, max: number): number;
  /** Both included. */
  whole(min: number, max: number): number;
  chance(share: number): boolean;
  pick<T>(all: readonly [T, ...T[]]): T;
  /** `weights` of any sum. */
  weighted<T extends string>(weights: Partial<Record<T, number>>): T;
  /** An independent generator: draws from one do not change the other. */
  fork(name: string): Random;
}

/** Mulberry32: small and good enough to choose what to kill. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + next() * (max - min);
  const whole = (min: number, max: number) => Math.floor(between(min, max + 1));
  return {
    next,
    between,
    whole,
    chance: (share) => next() < share,
    pick: (all) => all[whole(0, all.length - 1)]!,
    weighted(weights) {
      const entries = Object.entries(weights) as [never, number][];
      let at = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      return entries.find(([, weight]) => (at -= weight) < 0)?.[0] ?? entries.at(-1)![0];
    },
    fork: (name) => seeded(hashOf(`${seed} ${name}`)),
  };
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}
