/**
 * Combines writes: the first is made at once, and those that arrive within `rest_ms` of it are made together, with only the
 * latest value of each key. If a combined write fails, each value is written separately, so that one does not fail the others.
 * @returns resolves once this value, or a later one of its key, is written
 */
export function gathered<Value>(
  write: (values: Value[]) => Promise<void>,
  rest_ms: number,
): (key: string, value: Value) => Promise<void> {
  let waiting = new Map<string, { value: Value } & PromiseWithResolvers<void>>();
  let rests = false;

  function flush() {
    const batch = [...waiting.values()];
    waiting = new Map();
    rests = batch.length > 0;
    if (!rests) return;
    setTimeout(flush, rest_ms);
    const alone = ({ value, resolve, reject }: (typeof batch)[number]) =>
      void write([value]).then(resolve, reject);
    if (batch.length === 1) return alone(batch[0]!);
    write(batch.map(({ value }) => value)).then(
      () => batch.forEach(({ resolve }) => resolve()),
      () => batch.forEach(alone),
    );
  }

  return (key, value) => {
    const place = waiting.get(key) ?? { value, ...Promise.withResolvers<void>() };
    place.value = value;
    waiting.set(key, place);
    if (!rests) flush();
    return place.promise;
  };
}
