/** The part of the screen that changes: what is being said and what is running, as lines of text. */
import type { CallState } from '../../client/index.ts';
import wrapAnsi from 'wrap-ansi';
import { elapsed, nameOf, resultsOf } from './call-words.ts';
import { clean, oneLine } from './clean.ts';

/** The last lines of a text that is still growing, at most `rows`. */
export function lastLines(text: string, columns: number, rows: number): string {
  // Only the end is wrapped, or each added word would cost more than the one before. The cut moves in steps, so lines rarely rewrap.
  const size = columns * rows;
  const near = text.slice(Math.max(0, Math.floor(text.length / size) * size - size));
  const lines = wrapAnsi(clean(near), columns, { hard: true, trim: false }).split('\n');
  return lines.slice(-rows).join('\n');
}

/**
 * `2 run_installer alpha  ████████░░░░░░░░░░░░  40 %  12 s  lib/a.js`
 * @param number the call's number, as `/calls` shows it
 * @param now milliseconds since 1970
 */
export function barOf(call: CallState, number: number, now: number): string {
  const { status, percent, note, position, started_at, suspended } = call;
  return [
    `${number} ${nameOf(call, 32)}`,
    ...(status === 'queued' ? [`queued, place ${position ?? 1}`] : []),
    ...(status === 'requested' ? ['about to start'] : []),
    ...(status === 'awaiting_approval' ? ['waits for approval'] : []),
    ...(status === 'running' ? [bar(percent)] : []),
    ...(suspended ? [resultsOf(suspended)] : []),
    ...(started_at === undefined ? [] : [elapsed(started_at, now)]),
    ...(note ? [oneLine(note, 100)] : []),
  ].join('  ');
}

function bar(percent: number | undefined): string {
  if (percent === undefined) return 'running';
  const full = Math.round((percent / 100) * BAR_CHARS);
  const figure = String(Math.floor(percent)).padStart(3);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CHARS - full)} ${figure} %`;
}

const BAR_CHARS = 20;
