/** The places of moments on the timeline. Short distances stay as they are; hours in which nothing happens shrink. Pure. */

export interface Scale {
  /** Pixels from the left. */
  x(at: number): number;
  /** Width of the whole timeline, in pixels. */
  width: number;
  /** Pauses that were shortened. */
  pauses: { from: number; to: number; x: number; width: number }[];
  /** The moments, ascending. */
  times: readonly number[];
  /** Index of the first moment at or right of this place. */
  firstFrom(x: number): number;
}

const PX_PER_SECOND = 16;
/** Seconds from which a pause is shortened noticeably. */
const SOON_S = 6;
const LONGEST_PX = 110;
const MOST_STRETCH = 4;
const PAUSE_MS = 60_000;

/**
 * @param moments in milliseconds, in any order
 * @param room width that a short conversation should fill, in pixels
 */
export function scaleOf(moments: Iterable<number>, room = 0): Scale {
  const times = [...new Set(moments)].filter(Number.isFinite).sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, nth) => plainWidthOf(time - times[nth]!));
  const plain = gaps.reduce((sum, width) => sum + width, 0);
  const stretch = plain === 0 ? 1 : Math.min(MOST_STRETCH, Math.max(1, room / plain));
  const widthOf = (gap_ms: number) => stretch * plainWidthOf(gap_ms);
  const places: number[] = [];
  const pauses: Scale['pauses'] = [];
  let x = 0;
  for (const [nth, time] of times.entries()) {
    if (nth > 0) {
      const gap = time - times[nth - 1]!;
      const width = widthOf(gap);
      if (gap >= PAUSE_MS) pauses.push({ from: times[nth - 1]!, to: time, x, width });
      x += width;
    }
    places.push(x);
  }
  /** Index of the first of `list` that is not below the value. */
  const first = (list: readonly number[], value: number) => {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    times,
    pauses,
    width: x,
    x(at) {
      const nth = first(times, at);
      if (times[nth] === at) return places[nth]!;
      if (nth === 0) return 0;
      if (nth === times.length) return x + widthOf(at - (times.at(-1) ?? at));
      const [from, to] = [times[nth - 1]!, times[nth]!];
      const share = (at - from) / (to - from);
      return places[nth - 1]! + share * (places[nth]! - places[nth - 1]!);
    },
    firstFrom: (place) => first(places, place),
  };
}

function plainWidthOf(gap_ms: number): number {
  const seconds = Math.max(0, gap_ms) / 1_000;
  return Math.min(LONGEST_PX, PX_PER_SECOND * SOON_S * Math.log1p(seconds / SOON_S));
}
