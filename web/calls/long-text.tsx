import { useMemo } from 'preact/hooks';
import { VList } from 'virtua';
import { clearText } from '../parts/clear-text.ts';
import { plural } from '../parts/words.ts';

/** Text of any length: only the lines in sight are in the document. */
export function LongText({ title, text }: { title: string; text: string }) {
  const lines = useMemo(() => linesOf(text), [text]);
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    Object.assign(document.createElement('a'), { href: url, download: 'result.txt' }).click();
    URL.revokeObjectURL(url);
  };
  return (
    <div class="long-text">
      <p class="meta">
        {title}, {plural(lines.length, 'line')}{' '}
        <button class="link" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>{' '}
        <button class="link" onClick={save}>
          Save
        </button>
      </p>
      <VList style={{ height: `${Math.min(24, lines.length * 1.5 + 1)}rem` }} tabIndex={0}>
        {lines.map((line, nth) => (
          <code key={nth}>{clearText(line) || ' '}</code>
        ))}
      </VList>
    </div>
  );
}

/** Splits very long lines: a browser cannot lay out a line of a million characters quickly. */
function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    if (line.length <= LONGEST_LINE) return [line];
    const count = Math.ceil(line.length / LONGEST_LINE);
    return Array.from({ length: count }, (_, nth) =>
      line.slice(nth * LONGEST_LINE, (nth + 1) * LONGEST_LINE),
    );
  });
}

const LONGEST_LINE = 2_000;
