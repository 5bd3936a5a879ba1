/** Erases what was drawn at the old width when the terminal is resized. */
import { renderToString } from 'ink';
import { type ReactElement, useEffect, useRef } from 'react';
import wrapAnsi from 'wrap-ansi';

/**
 * A terminal that gets narrower wraps the lines that no longer fit. Ink erases as many rows as it drew, so each wrap would leave a row
 * of the old frame on the screen. This hook erases those rows first. On a terminal that cuts lines instead, as xterm does, it erases
 * too much.
 * @param frame a copy of what is drawn; must depend on its properties alone
 */
export function useReflow(frame: ReactElement, columns: number): void {
  const drawn = useRef({ frame, columns });
  drawn.current = { frame, columns };
  useEffect(() => {
    const { stdout } = process;
    const eraseWraps = () => {
      const text = renderToString(drawn.current.frame, { columns: drawn.current.columns });
      stdout.write(ERASE_AND_UP.repeat(wrapsOf(text, stdout.columns)));
    };
    // Before Ink's own listener, which draws the next frame.
    stdout.prependListener('resize', eraseWraps);
    return () => void stdout.off('resize', eraseWraps);
  }, []);
}

const ERASE_AND_UP = '\u001b[2K\u001b[1A';

/** How many more rows the text takes than it has lines. */
export function wrapsOf(text: string, columns: number): number {
  const wrapped = wrapAnsi(text, columns, { hard: true, trim: false, wordWrap: false });
  return wrapped.split('\n').length - text.split('\n').length;
}
