/** The answer of the model, which is asked once more when it owes one and says nothing. */
import type { Attached, Entry, Usage } from '../../contract/entry.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import { addUsage } from '../../contract/usage.ts';
import { withCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import type { AskedCall } from '../../model/message.ts';

export interface Spoken {
  text: string;
  asked: AskedCall[];
  usage: Usage;
  attached?: Attached;
}

/** @throws ModelError `ModelSilent` when it has said nothing twice */
export async function answer(ask: () => Promise<Spoken>, isOwed: boolean): Promise<Spoken> {
  const first = await ask();
  if (!isOwed || isAnswer(first)) return first;
  try {
    const second = await ask();
    if (isAnswer(second)) return { ...second, usage: addUsage(first.usage, second.usage) };
    throw withCost(silent(), second.usage);
  } catch (error) {
    throw withCost(error, first.usage);
  }
}

const silent = () =>
  new ModelError(
    'ModelSilent',
    'The model was asked twice and returned neither text nor a tool call.',
  );

const isAnswer = ({ text, asked }: Spoken) => text.trim() !== '' || asked.length > 0;

/**
 * Whether a user is waiting for an answer: to a new message, or to an earlier one whose calls have all ended without an answer.
 * News may need no reply.
 */
export function owesAnswer(
  { because, calls }: Pick<ReplyRequest, 'because' | 'calls'>,
  entries: readonly Entry[],
): boolean {
  if (because !== 'results') return because === 'message';
  if (calls.length > 0) return false;
  const asked = entries.findLast(({ kind }) => kind === 'message.user');
  return (
    asked !== undefined &&
    !entries.some(
      (entry) =>
        entry.seq > asked.seq && entry.kind === 'reply.completed' && entry.text.trim() !== '',
    )
  );
}
