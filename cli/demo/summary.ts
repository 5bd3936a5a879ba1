/** A summary without a model: the last of the user's messages, the calls and their outcomes, in the words of the log. */
import type { ModelMessage } from '../../model/message.ts';
import { readObject } from './read-object.ts';

/** Undefined if the messages do not ask for a summary. */
export function summaryOf(messages: readonly ModelMessage[]): string | undefined {
  const asked = messages.length === 2 && messages[1]!.role === 'user' ? messages[1]!.text : '';
  const [, before, log] =
    /^(?:<summary>(.*)<\/summary>\n)?<log>\n(.*)\n<\/log>$/s.exec(asked) ?? [];
  if (log === undefined) return undefined;
  const lines = log.split('\n').flatMap((line) => sentencesOf(readObject(line)));
  const { text = '' } = readObject(before ?? '');
  return (
    [...String(text).split('\n'), ...lines].filter(Boolean).slice(-MOST_LINES).join('\n') ||
    'Nothing.'
  );
}

const MOST_LINES = 40;
const MOST_CHARS = 120;

function sentencesOf({ user, calls, event }: Record<string, unknown>): string[] {
  if (typeof user === 'string') return [short(`The user said: ${user}`)];
  if (event !== undefined) return [short(`Then: ${JSON.stringify(event)}`)];
  return Array.isArray(calls)
    ? calls.map((call) => short(`Asked for: ${JSON.stringify(call)}`))
    : [];
}

const short = (text: string) => (text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text);
