/** A call whose tool has asked a person: it waits for the answer without running. */
import { condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { validate, callAnswer } from '../contract/untrusted.ts';
import type { CallAsks, Resumption } from '../contract/call.ts';
import { CALL_SIGNALS } from '../contract/names.ts';
import type { GivenAnswer } from '../contract/question.ts';

const answered = defineSignal<[GivenAnswer]>(CALL_SIGNALS.answer);

export interface Answers {
  /** Resolves with what the tool needs to resume: the question, and the answer if there is one. */
  wait(asks: CallAsks): Promise<Resumption>;
}

export function receiveAnswers(): Answers {
  const answers = new Map<string, GivenAnswer>();
  setHandler(answered, (given) => {
    const { value, why } = validate(callAnswer, given);
    if (why === undefined) answers.set(value.question_id, value);
    else setCurrentDetails(`An answer was dropped. ${why}`);
  });
  let asked = '';
  let pause_ms = 0;
  return {
    async wait({ question_id, details, held }) {
      pause_ms = question_id === asked ? Math.min(pause_ms * 1.5, LONGEST_MS) : FIRST_MS;
      asked = question_id;
      setCurrentDetails(`waits for a person to answer ${question_id}`);
      const isThere = () => answers.has(question_id);
      // The process or connection that waits for the answer may end first, so the tool checks on it at growing intervals.
      if (held) await condition(isThere, pause_ms, { summary: 'the question is looked at again' });
      else await condition(isThere);
      setCurrentDetails('');
      const answer = answers.get(question_id);
      answers.delete(question_id);
      return { question_id, details, ...(answer && { answer }) };
    },
  };
}

const FIRST_MS = 4_000;
const LONGEST_MS = 15 * 60_000;
