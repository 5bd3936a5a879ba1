/** Figures as a person reads them. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${pad(minutes % 60)} min`;
  return `${Math.round(hours / 24)} days`;
}

/** A rough duration in one unit: 24 h, 7 days. */
export function about(ms: number): string {
  const [minutes, hours] = [Math.round(ms / 60_000), Math.round(ms / 3_600_000)];
  if (ms < 90_000) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (minutes < 90) return `${minutes} min`;
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** A running clock: 0:07, 12:40, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

export function bytes(count: number): string {
  if (count < 1_000) return `${count} bytes`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

export const between = (from: string, to: string) => Date.parse(to) - Date.parse(from);

export const timeOfDay = (at: string) =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

export const timeWithSeconds = (at: string) => new Date(at).toLocaleTimeString();

/** The time of today, or an earlier day. */
export function dayOrTime(at: string, now = new Date()): string {
  const then = new Date(at);
  if (then.toDateString() === now.toDateString()) return timeOfDay(at);
  const year = then.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const);
  return then.toLocaleDateString([], { day: 'numeric', month: 'short', year });
}

export const moment = (at: string) => new Date(at).toLocaleString();

/** The number and its sign stay on one line. */
export const percentOf = (percent: number) => `${Math.floor(percent)}\u00a0%`;

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

const pad = (number: number) => String(number).padStart(2, '0');
