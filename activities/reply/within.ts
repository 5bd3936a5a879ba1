/**
 * The result of `work`, if it comes within this time.
 * @param work gets a signal that aborts with `signal`, and with `late()` when the time is over
 * @throws the reason of that signal
 */
export async function within<T>(
  ms: number,
  signal: AbortSignal,
  late: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(late()), ms);
  const either = AbortSignal.any([signal, limit.signal]);
  try {
    return await work(either);
  } finally {
    clearTimeout(timer);
  }
}
