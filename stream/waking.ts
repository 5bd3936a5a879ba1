/** Wakes many readers in groups, so that other work of the process need not wait for all of them. */
const GROUP = 100;

export interface Waking {
  /** @returns the function that removes it */
  add(awake: () => void): () => void;
  /** Calls each of them once; the first group at once. */
  wake(): void;
}

export function createWaking(): Waking {
  const sleepers = new Set<() => void>();
  let round: Iterator<() => void> | undefined;
  let again = false;

  function goOn() {
    for (let count = 0; count < GROUP; count++) {
      const { done, value } = round!.next();
      if (done) return finish();
      value();
    }
    setImmediate(goOn);
  }

  function finish() {
    round = undefined;
    if (!again) return;
    again = false;
    begin();
  }

  function begin() {
    round = sleepers.values();
    goOn();
  }

  return {
    add(awake) {
      sleepers.add(awake);
      return () => void sleepers.delete(awake);
    },
    wake() {
      if (round) again = true;
      else begin();
    },
  };
}
