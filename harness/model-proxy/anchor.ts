/**
 * Where something stands in a harness's thread: after which item. An anchor is made of that item and of those before it, because the
 * harness does not number its items, repeats some, and drops others when it compacts its thread.
 */
import { fingerprint, type ThreadItem } from './item.ts';

/** How many items an anchor is made of. */
const DEPTH = 4;

/** After the last of these items. */
export const anchorAfter = (items: readonly ThreadItem[]): string =>
  items.slice(-DEPTH).toReversed().map(fingerprint).join('.');

export interface Spot {
  /** Index of the item that it comes after; -1: before all. */
  after: number;
  /** False if that item is gone, and this is the closest one before it that is still there. */
  isExact: boolean;
}

/**
 * @param prints of the thread's items as they are now
 * @param from what was placed before it; where several items fit equally well, it comes after that
 * @returns undefined if none of its items is left
 */
export function placeOf(anchor: string, prints: readonly string[], from = -1): Spot | undefined {
  if (anchor === '') return { after: -1, isExact: true };
  const path = anchor.split('.');
  for (let start = 0; start < path.length; start += 1) {
    const after = bestMatch(path.slice(start), prints, from);
    if (after !== undefined) return { after, isExact: start === 0 };
  }
  return undefined;
}

function bestMatch(path: string[], prints: readonly string[], from: number): number | undefined {
  let best: { at: number; length: number } | undefined;
  for (let at = 0; at < prints.length; at += 1) {
    let length = 0;
    while (length < path.length && prints[at - length] === path[length]) length += 1;
    if (length === 0) continue;
    const isBetter = !best || length > best.length || (length === best.length && best.at < from);
    if (isBetter) best = { at, length };
  }
  return best?.at;
}
