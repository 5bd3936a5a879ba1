/** Collects the beginning and the end of a program's output in bounded memory. */
export interface OutputEnds {
  add(line: string): void;
  /** Both ends, with a line between them that says how much is missing. */
  text(): string;
  /** Only the end, or all of an output that fits into the beginning. */
  tail(): string;
}

/** Each end keeps whole lines up to `each` characters. */
export function createOutputEnds(each = 6_000): OutputEnds {
  const head: string[] = [];
  let room = each;
  const tail: string[] = [];
  let tailSize = 0;
  let missing = 0;

  return {
    add(line) {
      if (room >= line.length + 1) {
        head.push(line);
        room -= line.length + 1;
        return;
      }
      room = 0;
      tail.push(line);
      tailSize += line.length + 1;
      while (tailSize > each && tail.length > 1) {
        tailSize -= tail.shift()!.length + 1;
        missing += 1;
      }
    },
    text: () =>
      [...head, ...(missing > 0 ? [`… ${missing} lines left out …`] : []), ...tail].join('\n'),
    tail: () => (tail.length > 0 ? tail : head).join('\n').slice(-each),
  };
}
