/**
 * Where something stands in a harness's thread: after which item. An anchor is made of that item and of those before it, because the
 * harness does not number its items, repeats some, and drops others when it compacts its thread.
 */
import type { ProxyItem } from './item.ts';

type Printed = Pick<ProxyItem, 'print'>;

/** How many items an anchor is made of. */
const DEPTH = 4;

/** After the last of these items. */
export const anchorAfter = (items: readonly Printed[]): string =>
  items
    .slice(-DEPTH)
    .toReversed()
    .map(({ print }) => print)
    .join('.');

export interface Spot {
  /** Index of the item that it comes after; -1: before all. */
  after: number;
  /** False if that item is gone, and this is the closest one before it that is still there. */
  isExact: boolean;
}

/**
 * @param items the thread as it is now
 * @param from what was placed before it; where several items fit equally well, it comes after that
 * @returns undefined if none of its items is left
 */
export function placeOf(anchor: string, items: readonly Printed[], from = -1): Spot | undefined {
  if (anchor === '') return { after: -1, isExact: true };
  const path = anchor.split('.');
  for (let start = 0; start < path.length; start += 1) {
    const after = bestMatch(path.slice(start), items, from);
    if (after !== undefined) return { after, isExact: start === 0 };
  }
  return undefined;
}

function bestMatch(path: string[], items: readonly Printed[], from: number): number | undefined {
  let best: { at: number; length: number } | undefined;
  for (let at = 0; at < items.length; at += 1) {
    let length = 0;
    while (length < path.length && items[at - length]?.print === path[length]) length += 1;
    if (length === 0) continue;
    const isBetter = !best || length > best.length || (length === best.length && best.at < from);
    if (isBetter) best = { at, length };
  }
  return best?.at;
}
