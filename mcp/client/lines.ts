export interface Lines {
  /** False once a line is too long. Further input is ignored. */
  add(chunk: Buffer): boolean;
}

/**
 * Splits a stream into lines and skips empty ones. The time is linear in the length of the stream, even for long lines.
 * @param take called with each line, without its newline
 */
export function createLines(mostBytes: number, take: (line: string) => void): Lines {
  let parts: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  return {
    add(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0 && !isOver; at = chunk.indexOf(NEWLINE, from)) {
        const line = Buffer.concat([...parts, chunk.subarray(from, at)]).toString('utf8');
        parts = [];
        bytes = 0;
        from = at + 1;
        if (line.trim() !== '') take(line);
      }
      parts.push(chunk.subarray(from));
      bytes += chunk.length - from;
      isOver ||= bytes > mostBytes;
      if (isOver) parts = [];
      return !isOver;
    },
  };
}

const NEWLINE = 0x0a;
