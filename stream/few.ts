/** Runs at most `most` pieces of work at once; the others wait in order. */
export function createFew(most: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async function few<T>(work: () => Promise<T>): Promise<T> {
    if (running === most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The next one takes over the place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
