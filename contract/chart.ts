/**
 * A chart that a tool gives along with a result, as its field `chart`. A page draws it, and redraws it with each later result of the
 * call. Only results of tools have charts: nothing that a model writes becomes one.
 */
export interface BarChart {
  /** 1 to 200 characters. */
  title: string;
  /** What the values count, such as `people`. At most 20 characters. */
  unit?: string;
  /** 1 to 24, in the order in which they are drawn. A label has 1 to 80 characters, and a value is a finite number. */
  bars: readonly { label: string; value: number }[];
}

const MOST_BARS = 24;

/** The chart of a result. Undefined if the result has none, or if the field has another shape and is shown like any other value. */
export function chartIn(result: unknown): BarChart | undefined {
  const chart = field(result, 'chart');
  const [title, unit, bars] = [field(chart, 'title'), field(chart, 'unit'), field(chart, 'bars')];
  if (!isText(title, 200) || !(unit === undefined || isText(unit, 20))) return undefined;
  if (!Array.isArray(bars) || bars.length === 0 || bars.length > MOST_BARS) return undefined;
  const read = bars.map((bar) => ({ label: field(bar, 'label'), value: field(bar, 'value') }));
  if (!read.every(isBar)) return undefined;
  return { title, ...(unit !== undefined && { unit }), bars: read };
}

const isBar = (bar: { label: unknown; value: unknown }): bar is BarChart['bars'][number] =>
  isText(bar.label, 80) && Number.isFinite(bar.value);

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= most;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
