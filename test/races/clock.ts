/** Time that passes only from one thing to the next. */
export interface Clock {
  readonly now: number;
  after(ms: number, happens: () => void): Cancel;
  /**
   * All that is due next, in the order in which it was set.
   * @returns false: nothing is left
   */
  advance(): boolean;
}

export type Cancel = () => void;

interface Due {
  at: number;
  happens?: () => void;
}

export function createClock(now: number): Clock {
  /** Latest first. */
  const due: Due[] = [];
  return {
    get now() {
      return now;
    },
    after(ms, happens) {
      const next: Due = { at: now + ms, happens };
      let place = due.length;
      while (place > 0 && due[place - 1]!.at <= next.at) place -= 1;
      due.splice(place, 0, next);
      return () => (next.happens = undefined);
    },
    advance() {
      while (due.length > 0 && due.at(-1)!.happens === undefined) due.pop();
      const first = due.at(-1);
      if (!first) return false;
      now = first.at;
      while (due.at(-1)?.at === now) due.pop()!.happens?.();
      return true;
    },
  };
}
