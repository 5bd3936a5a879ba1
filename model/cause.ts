/** Copies an error as the cause of a failure, because Temporal accepts only well-formed text of limited size. */
import { storableText } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';

export function asCause({ name, message, stack, cause }: Error, depth = 0): Error {
  const copy = new Error(carried(message));
  copy.name = name;
  copy.stack = stack === undefined ? undefined : carried(stack);
  if (cause instanceof Error && depth < MOST_CAUSES) copy.cause = asCause(cause, depth + 1);
  return copy;
}

const MOST_CAUSES = 3;
const MOST_CHARS = 4_000;

const carried = (text: string) => storableText(cut(text, 0, MOST_CHARS));
