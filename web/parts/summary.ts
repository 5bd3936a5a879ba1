/** The input of a call in one line. */
import { withoutHidden } from './clear-text.ts';

export function inputLine(input: unknown): string {
  if (typeof input !== 'object' || input === null) return short(textOf(input));
  const pairs = Object.entries(input);
  if (pairs.length === 1) return short(textOf(pairs[0]![1]));
  return short(pairs.map(([name, value]) => `${name}: ${textOf(value)}`).join(', '));
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function short(text: string): string {
  const line = withoutHidden(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
