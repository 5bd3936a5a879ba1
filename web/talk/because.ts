/** Why the agent speaks without being asked, in a few words. */
import type { AgentMessage, CallState, Entry } from '../../client/index.ts';
import { withoutHidden } from '../parts/clear-text.ts';
import { inputLine } from '../parts/summary.ts';
import { percentOf } from '../parts/words.ts';

/** @param entries the log; an entry's place is its seq less one */
export function becauseOf(
  { because, cause }: AgentMessage,
  entries: readonly Entry[],
  calls: readonly CallState[],
): string | undefined {
  if (because !== 'news') return undefined;
  const told = cause.flatMap((seq) => entries[seq - 1] ?? []);
  const over = new Set(
    told.flatMap((entry) => ('call_id' in entry && isEnd(entry) ? [entry.call_id] : [])),
  );
  const news = told.flatMap((entry) => {
    // The end of a call says more than its progress.
    if (entry.kind === 'call.event' && entry.event === 'progress' && over.has(entry.call_id))
      return [];
    const words = inWords(entry, calls);
    return words === undefined ? [] : [words];
  });
  const [first, ...rest] = [...new Set(news)];
  if (first === undefined) return 'news of its calls';
  return rest.length === 0 ? first : `${first}, and ${rest.length} more`;
}

const isEnd = ({ kind }: Entry) => kind === 'call.completed' || kind === 'call.failed';

function inWords(entry: Entry, calls: readonly CallState[]): string | undefined {
  if (!('call_id' in entry)) return undefined;
  const name = nameOf(calls.find(({ id }) => id === entry.call_id));
  switch (entry.kind) {
    case 'call.event':
      if (entry.event === 'result') return `result ${entry.n} of ${name} came`;
      return entry.percent === undefined
        ? `${name} reported`
        : `${name} reached ${percentOf(entry.percent)}`;
    case 'call.completed':
      return `${name} finished`;
    case 'call.failed':
      return `${name} failed`;
    case 'call.denied':
      return `${name} was denied`;
    case 'call.cancelled':
      return `${name} was cancelled`;
    default:
      return undefined;
  }
}

/** `run_installer alpha`: a tool and what it was given, as one line. */
export function nameOf(call: Pick<CallState, 'tool' | 'input'> | undefined): string {
  if (!call) return 'a call';
  const input = inputLine(call.input);
  return input === '' || input.length > 24
    ? withoutHidden(call.tool)
    : `${withoutHidden(call.tool)} ${input}`;
}
