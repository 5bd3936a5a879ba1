/** Things that come in order, for a test that waits for the next one. */
export interface Mailbox<T> {
  put(item: T): void;
  /** @throws Error naming what was waited for, after 20 s */
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
      const timer = setTimeout(() => reject(new Error(`Timed out waiting until ${what}.`)), 20_000);
      return promise.finally(() => clearTimeout(timer));
    },
  };
}
