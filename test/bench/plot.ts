/** A picture of figures: panels one below the other over the same, logarithmic x axis. */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface Plot {
  title: string;
  /** Ascending, above 0. */
  x: { label: string; values: number[] };
  /** Each line by its name, with one value for each of x. */
  panels: { label: string; lines: Record<string, number[]> }[];
}

/** @returns an SVG document */
export async function plot(picture: Plot): Promise<string> {
  const { spec } = compile(specOf(picture));
  return `${await new View(parse(spec)).toSVG()}\n`;
}

function specOf({ title, x, panels }: Plot): TopLevelSpec {
  return {
    title: { text: title, anchor: 'start', offset: 16 },
    background: 'white',
    padding: 16,
    vconcat: panels.map(({ label, lines }) => ({
      width: 600,
      height: 220,
      data: { values: points(x.values, lines) },
      encoding: {
        x: {
          field: 'x',
          title: x.label,
          type: 'quantitative',
          scale: { type: 'log', nice: false },
          axis: { values: x.values, format: ',', labelOverlap: false, labelBound: false },
        },
        y: { field: 'y', title: label, type: 'quantitative', scale: { zero: true } },
        color: {
          field: 'line',
          type: 'nominal',
          title: null,
          // One line needs no name beside that of its panel.
          legend: Object.keys(lines).length > 1 ? { orient: 'top-left' } : null,
        },
      },
      layer: [
        { mark: { type: 'line', point: true } },
        { mark: { type: 'text', dy: -10 }, encoding: { text: { field: 'words' } } },
      ],
    })),
  };
}

function points(across: number[], lines: Record<string, number[]>) {
  return Object.entries(lines).flatMap(([line, values]) =>
    values.map((y, index) => ({ x: across[index], y, line, words: inWords(y) })),
  );
}

const inWords = (value: number) =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
