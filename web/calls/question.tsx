import { useId, useState } from 'preact/hooks';
import type { AnswerAction, CallState } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { clearText, withoutHidden } from '../parts/clear-text.ts';
import { Question } from '../parts/icons.tsx';
import { hashOf } from '../route.ts';
import { Deadline, useArmed } from './approval.tsx';
import { type AnswerFailure, failureOf } from './failure.ts';
import { FieldInput } from './field.tsx';
import { contentOf, fieldsOf, type FormValues } from './fields.ts';

/** The question of a running call: a form of simple fields, or a page to visit. The talk goes on beside it. */
export function QuestionForm({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const question = call.question!;
  const title = useId();
  const fields = fieldsOf(question.schema);
  const [values, setValues] = useState<FormValues>(() =>
    Object.fromEntries(fields.map(({ name, initial }) => [name, initial])),
  );
  const [sent, setSent] = useState<AnswerAction>();
  const [failed, setFailed] = useState<AnswerFailure>();
  const isArmed = useArmed();
  const answer = (action: AnswerAction) => {
    setSent(action);
    setFailed(undefined);
    const content =
      action === 'accept' && question.schema ? { content: contentOf(fields, values) } : {};
    opened.conversation
      .answer(call.id, { question_id: question.id, action, ...content })
      .catch((error: unknown) => {
        setSent(undefined);
        setFailed(failureOf(error, fields));
      });
  };
  const isOff = !isArmed || sent !== undefined;
  return (
    <li class="approval" aria-labelledby={title} data-call={call.id}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          answer('accept');
        }}
      >
        <p class="approval-kind">
          <Question /> Asks you
        </p>
        <h3 id={title}>{clearText(question.message)}</h3>
        <p class="small">
          <a href={hashOf({ view: 'talk', id: opened.id, entry: call.seq })}>
            <b>{withoutHidden(call.tool)}</b>
          </a>{' '}
          gets your answer
        </p>
        {question.url !== undefined && (
          <p class="visit">
            <a href={question.url} target="_blank" rel="noreferrer noopener">
              {clearText(question.url)}
            </a>
          </p>
        )}
        {fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={values[field.name]!}
            wrong={failed?.fields.get(field.name)}
            set={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
        <div class="approval-foot">
          <button class="approve" type="submit" disabled={isOff}>
            {sent === 'accept' ? 'Sending …' : question.url === undefined ? 'Answer' : 'Done'}
          </button>
          <button type="button" disabled={isOff} onClick={() => answer('decline')}>
            Decline
          </button>
          <Deadline at={question.expires_at} />
        </div>
        {failed && (
          <p class="wrong small" role="alert">
            {failed.words}
          </p>
        )}
      </form>
    </li>
  );
}
