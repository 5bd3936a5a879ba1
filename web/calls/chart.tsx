/** A chart that a tool gave along with its result: a table whose rows have bars, so that it can be read as well as seen. */
import { type CallState, type BarChart, chartIn } from '../../client/index.ts';
import { withoutHidden } from '../parts/clear-text.ts';

/** The latest chart of a call, and where it stands: in what the call returned, or in a partial result. */
export function latestChart(call: CallState): { chart: BarChart; n: number | 'end' } | undefined {
  const atEnd = chartIn(call.result);
  if (atEnd) return { chart: atEnd, n: 'end' };
  for (const { n, data } of call.results.toReversed()) {
    const chart = chartIn(data);
    if (chart) return { chart, n };
  }
  return undefined;
}

export function ChartFigure({ call, chart }: { call: CallState; chart: BarChart }) {
  const { title, unit, bars } = chart;
  const { low, span } = scaleOf(bars);
  return (
    <figure class="tool-chart">
      <table>
        <caption>
          {withoutHidden(title)}
          {unit !== undefined && <span class="unit"> in {withoutHidden(unit)}</span>}
        </caption>
        <tbody>
          {bars.map(({ label, value }, nth) => (
            <tr key={nth}>
              <th scope="row">{withoutHidden(label)}</th>
              <td class="track">
                <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    x={(100 * (Math.min(value, 0) - low)) / span}
                    style={{ width: `${(100 * Math.abs(value)) / span}px` }}
                    height="1"
                  />
                </svg>
              </td>
              <td class="value-of" title={value.toLocaleString()}>
                {inShort.format(value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <figcaption>from {withoutHidden(call.tool)}</figcaption>
    </figure>
  );
}

const inShort = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** Bars begin at zero, which is part of every scale. */
function scaleOf(bars: BarChart['bars']) {
  const values = bars.map(({ value }) => value);
  const low = Math.min(0, ...values);
  return { low, span: Math.max(0, ...values) - low || 1 };
}
