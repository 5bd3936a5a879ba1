/** The input or the result of a tool, as text whatever it contains. */
import { clearText } from '../parts/clear-text.ts';

export function Value({ value, label }: { value: unknown; label: string }) {
  const pairs = flatPairs(value);
  if (!pairs) {
    return (
      <pre class="value" tabIndex={0} aria-label={label}>
        {clearText(
          typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? 'nothing'),
        )}
      </pre>
    );
  }
  return (
    <dl class="value" aria-label={label}>
      {pairs.map(([name, text]) => (
        <div key={name}>
          <dt>{clearText(name)}</dt>
          <dd>{clearText(text)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Undefined if it is not an object of plain values. */
function flatPairs(value: unknown): [string, string][] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const pairs = Object.entries(value);
  if (pairs.length === 0 || pairs.length > 20) return undefined;
  if (pairs.some(([, each]) => typeof each === 'object' && each !== null)) return undefined;
  return pairs.map(([name, each]) => [
    name,
    typeof each === 'string' ? each : JSON.stringify(each),
  ]);
}
