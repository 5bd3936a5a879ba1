/** Things that come in order, for a test that waits for the next one. */
export interface Mailbox<T> {
  put(item: T): void;
  /** @throws Error naming what was waited for, after 50 s */
  take(this: void): Promise<T>;
}

export function createMailbox<T>(what: string): Mailbox<T> {
  const items: T[] = [];
  const takers: ((item: T) => void)[] = [];
  return {
    put(item) {
      const taker = takers.shift();
      if (taker) taker(item);
      else items.push(item);
    },
    async take() {
      if (items.length > 0) return items.shift()!;
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      takers.push(resolve);
      const timer = setTimeout(
        () => reject(new Error(`Timed out waiting until ${what}.`)),
        LONGEST_MS,
      );
      return promise.finally(() => clearTimeout(timer));
    },
  };
}

/** Less than any test has, so that its failure names what did not come. */
const LONGEST_MS = 50_000;
