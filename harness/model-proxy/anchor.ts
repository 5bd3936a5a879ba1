/**
 * Positions in a harness's thread. An anchor identifies the item before the position by the prints of that item and of those before it,
 * because the harness does not number its items, repeats some, and drops others when it compacts its thread.
 */
import type { ProxyItem } from './item.ts';

type Printed = Pick<ProxyItem, 'print'>;

/** How many items an anchor is made of. */
const DEPTH = 4;

/** The anchor of the position after the last of these items. */
export const anchorAfter = (items: readonly Printed[]): string =>
  items
    .slice(-DEPTH)
    .toReversed()
    .map(({ print }) => print)
    .join('.');

export interface Spot {
  /** Index of the item before the position; -1: the beginning of the thread. */
  after: number;
  /** False if the anchor's own item is gone, and `after` is the closest earlier item that is still there. */
  isExact: boolean;
}

/**
 * The position of an anchor in a thread.
 * @param items the thread as it is now
 * @param from index after which something was placed before. Of several items that match equally well, the first one from here on is chosen
 * @returns undefined if none of the anchor's items is left
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
