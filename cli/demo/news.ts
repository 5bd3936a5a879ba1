/** The demo model's sentences about calls. */
import { CANCEL_TOOL } from '../../contract/names.ts';
import type { Fact, PastUse } from './situation.ts';

export const INSTALLER = 'run_installer';
/** The example of a tool that requires a person's approval. */
export const PAYMENT = 'send_payment';

/** One sentence for each result and change of status; none for what the demo has already said. */
export function tellNews(fact: Fact, uses: Map<string, PastUse>): string[] {
  const name = nameOf(fact, uses);
  const isInstaller = toolOf(fact, uses) === INSTALLER;
  const results = (fact.results ?? []).map(
    ({ data, stored, note }) => `${name}: ${inWords(data ?? note, stored)}.`,
  );
  switch (fact.status) {
    case 'completed':
      if (toolOf(fact, uses) === CANCEL_TOOL) return [];
      if (isInstaller) return [...results, `${name} is installed.`];
      return [...results, `${name} is done: ${inWords(fact.result, fact.stored)}.`];
    case 'failed': {
      const why = fact.error?.message.replace(/\.$/, '') ?? 'it does not say why';
      return [...results, `${name} ${isInstaller ? 'could not be installed' : 'failed'}: ${why}.`];
    }
    case 'denied':
      return [
        `${name} was not allowed${fact.reason ? `: ${fact.reason.replace(/\.$/, '')}` : ''}.`,
      ];
    case 'cancelled':
      return [...results, `${name} was cancelled.`];
    default:
      if (fact.percent !== undefined) return [...results, `${name}: ${fact.percent} % done.`];
      return results;
  }
}

export function tellProgress(fact: Fact, uses: Map<string, PastUse>): string {
  const name = nameOf(fact, uses);
  if (fact.status === 'awaiting_approval') return `${name} waits until a person agrees.`;
  if (fact.status === 'queued') return `${name} is queued, place ${fact.position ?? 1}.`;
  if (fact.percent === undefined) return `${name} has started.`;
  return `${name} is at ${fact.percent} %${fact.note ? `: ${fact.note}` : ''}.`;
}

/** The package of an installer, the name of any other tool. */
export function nameOf(fact: Fact, uses: Map<string, PastUse>): string {
  return String(uses.get(fact.call_id)?.arguments.package ?? fact.tool ?? fact.call_id);
}

export function toolOf(fact: Fact, uses: Map<string, PastUse>): string | undefined {
  return fact.tool ?? uses.get(fact.call_id)?.tool;
}

export function listOf(names: string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function inWords(data: unknown, stored: Fact['stored']): string {
  if (stored) return `${Math.round(stored.bytes / 1_000)} kB, stored separately`;
  return typeof data === 'string' ? data : JSON.stringify(data);
}
