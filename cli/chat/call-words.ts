/** Calls in a few words. */
import type { CallState } from '../../client/index.ts';
import { clean, oneLine } from './clean.ts';

/** `run_installer alpha` */
export function nameOf({ tool, input }: Pick<CallState, 'tool' | 'input'>, most = 40): string {
  const values = typeof input === 'object' && input !== null ? Object.values(input) : [input];
  const words = values.filter((value) => value !== undefined && value !== '').map(inWords);
  return oneLine([tool, ...words].join(' '), most);
}

/** `running, 40 %, lib/a.js` */
export function statusOf({ status, position, percent, note, suspended }: CallState): string {
  const place = status === 'queued' && position !== undefined ? [`place ${position}`] : [];
  return [
    status.replace('_', ' '),
    ...place,
    ...(percent === undefined ? [] : [`${Math.floor(percent)} %`]),
    ...(note ? [oneLine(note, 60)] : []),
    ...(suspended ? [resultsOf(suspended)] : []),
  ].join(', ');
}

/** `1 of 2 results`: the call's flow is suspended until all of them are in. */
export function resultsOf({ results, of }: NonNullable<CallState['suspended']>): string {
  return `${results}${of === undefined ? '' : ` of ${of}`} results`;
}

/** Every fact of a call, one to a line. */
export function detailsOf(call: CallState, number: number): string {
  const { id, tool, input, results, result, stored, error, reason, why, expires_at } = call;
  const { question } = call;
  const facts = { input, ...(results.length > 0 && { results }), result, stored, error, reason };
  const lines = Object.entries({ ...facts, why, expires_at, question })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `   ${name}: ${clean(inFull(value)).replaceAll('\n', '\n   ')}`);
  return [`${number}. ${tool} (${id}): ${statusOf(call)}`, ...lines].join('\n');
}

export function elapsed(from: string, to: number): string {
  const seconds = Math.max(0, Math.floor((to - Date.parse(from)) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function inWords(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

export function inFull(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? 'nothing');
}
