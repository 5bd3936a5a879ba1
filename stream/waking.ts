/** Wakes many readers a few at a time, so that the process's other work need not wait for all of them. */
const AT_ONCE = 100;

export interface Waking {
  /** @returns the function that removes it */
  add(awake: () => void): () => void;
  /** Each is called once after this, the first ones at once. */
  wake(): void;
}

export function createWaking(): Waking {
  const sleepers = new Set<() => void>();
  let round: Iterator<() => void> | undefined;
  let again = false;

  function goOn() {
    for (let count = 0; count < AT_ONCE; count++) {
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
