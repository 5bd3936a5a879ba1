/**
 * Writes of many become few: the first is made at once, and what comes within `rest_ms` of one is made together, the latest
 * value of each key. A write of several that fails is tried for each alone, so that one does not spoil the others.
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
