import { waitForStore } from './wait-for-store.ts';

/** The same store, with each of its methods asked again for as long as the store is away. */
export function patient<S extends object>(
  store: S,
  signal: AbortSignal,
  warn: (error: unknown) => void,
): S {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) =>
        waitForStore(async () => Reflect.apply(value, target, given), signal, warn);
    },
  });
}
