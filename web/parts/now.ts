/** The time, to the second, for what counts up. It ticks only while something on the page reads it. */
import { signal } from '@preact/signals';

let timer: ReturnType<typeof setInterval> | undefined;

export const now = signal(Date.now(), {
  watched() {
    now.value = Date.now();
    timer = setInterval(() => (now.value = Date.now()), 1_000);
  },
  unwatched: () => clearInterval(timer),
});
