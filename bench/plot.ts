/** A picture of figures: panels one below the other over a common, logarithmic x axis. */
export interface Plot {
  title: string;
  /** Ascending, above 0. */
  x: { label: string; values: number[] };
  /** Of each, one value for each of x. */
  panels: { label: string; values: number[] }[];
}

const WIDTH = 720;
const PANEL = 220;
const MARGIN = { top: 56, right: 32, bottom: 48, left: 80 };
const GAP = 56;
const TICKS = 4;

/** @returns an SVG document */
export function plot({ title, x, panels }: Plot): string {
  const [first = 1, last = 1] = [x.values[0], x.values.at(-1)];
  const span = Math.log(last / first) || 1;
  const across = (value: number) =>
    MARGIN.left + (Math.log(value / first) / span) * (WIDTH - MARGIN.left - MARGIN.right);
  const height = MARGIN.top + panels.length * (PANEL + GAP) - GAP + MARGIN.bottom;
  const bottom = height - MARGIN.bottom;
  const drawn = panels.map((panel, index) =>
    drawPanel(panel, x.values.map(across), MARGIN.top + index * (PANEL + GAP)),
  );
  const ticks = x.values.map((value) => text(across(value), bottom + 18, number(value), 'middle'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="24" font-size="16">${escape(title)}</text>`,
    ...drawn,
    ...ticks,
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, bottom + 38, x.label, 'middle'),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ label, values }: Plot['panels'][number], across: number[], top: number) {
  const highest = roundUp(Math.max(...values));
  const down = (value: number) => top + PANEL - (value / highest) * PANEL;
  const points = values.map((value, index) => ({ x: across[index]!, y: down(value), value }));
  const grid = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const value = (highest / TICKS) * tick;
    const y = down(value);
    return (
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}" stroke="#ddd"/>` +
      text(MARGIN.left - 8, y + 4, number(value), 'end')
    );
  });
  return [
    text(MARGIN.left, top - 10, label, 'start'),
    ...grid,
    `<polyline fill="none" stroke="#0b62a4" stroke-width="2" points="${points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ')}"/>`,
    ...points.map(
      ({ x, y, value }) =>
        `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="#0b62a4"/>` +
        text(x, y - 9, number(value), 'middle'),
    ),
  ].join('\n');
}

/** To 1, 2, 4, 6 or 8 times a power of ten, with some room above. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value * 1.15) ?? 20;
  return step * power;
}

const text = (x: number, y: number, words: string, anchor: string) =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(words)}</text>`;

const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 1 });
const round = (value: number) => Math.round(value * 10) / 10;
const escape = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
