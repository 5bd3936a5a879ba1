import { useId, useState } from 'preact/hooks';
import { APIError, type AnswerAction, type CallState } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { clearText, withoutHidden } from '../parts/clear-text.ts';
import { Hand } from '../parts/icons.tsx';
import { hashOf } from '../route.ts';
import { Deadline, useArmed } from './approval.tsx';
import { contentOf, type Field, fieldsOf, type FormValues } from './fields.ts';

/** What a running call asks: a form of simple fields, or a page to visit. The talk goes on beside it. */
export function QuestionForm({ call, opened }: { call: CallState; opened: OpenedConversation }) {
  const question = call.question!;
  const title = useId();
  const fields = fieldsOf(question.schema);
  const [values, setValues] = useState<FormValues>(() =>
    Object.fromEntries(fields.map(({ name, initial }) => [name, initial])),
  );
  const [sent, setSent] = useState<AnswerAction>();
  const [failed, setFailed] = useState<string>();
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
        setFailed(wordsOf(error));
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
          <Hand /> Asks you
        </p>
        <h3 id={title}>{clearText(question.message)}</h3>
        <p class="small">
          <a href={hashOf({ view: 'talk', id: opened.id, entry: call.seq })}>
            <b>{withoutHidden(call.tool)}</b>
          </a>{' '}
          gets your answer
        </p>
        {question.url !== undefined && (
          <p>
            <a href={question.url} target="_blank" rel="noreferrer noopener">
              {clearText(question.url)}
            </a>
          </p>
        )}
        {fields.map((field) => (
          <Input
            key={field.name}
            field={field}
            value={values[field.name]!}
            set={(value) => setValues({ ...values, [field.name]: value })}
          />
        ))}
        <div class="approval-foot">
          <button class="approve" type="submit" disabled={isOff}>
            {sent === 'accept'
              ? 'Sending …'
              : question.url === undefined
                ? 'Answer'
                : 'I was there'}
          </button>
          <button type="button" disabled={isOff} onClick={() => answer('decline')}>
            Decline
          </button>
          <Deadline at={question.expires_at} />
        </div>
        {failed && (
          <p class="wrong small" role="alert">
            {failed}
          </p>
        )}
      </form>
    </li>
  );
}

function Input({
  field,
  value,
  set,
}: {
  field: Field;
  value: string | boolean;
  set(value: string | boolean): void;
}) {
  const { label, hint, kind, options, isRequired } = field;
  if (typeof value === 'boolean') {
    return (
      <label class="field">
        <input
          type="checkbox"
          checked={value}
          onChange={(event) => set(event.currentTarget.checked)}
        />{' '}
        {clearText(label)}
      </label>
    );
  }
  return (
    <label class="field">
      <span class="small">
        {clearText(label)}
        {isRequired ? '' : ' (optional)'}
      </span>
      {options ? (
        <select required={isRequired} value={value} onChange={(e) => set(e.currentTarget.value)}>
          <option value="" />
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {withoutHidden(option.label)}
            </option>
          ))}
        </select>
      ) : (
        <input
          class="reason"
          type="text"
          inputMode={kind === 'number' || kind === 'integer' ? 'decimal' : 'text'}
          required={isRequired}
          placeholder={hint}
          value={value}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
    </label>
  );
}

function wordsOf(error: unknown): string {
  if (error instanceof APIError && error.code === 'call_not_asking') {
    return 'It is answered already.';
  }
  return `Nothing was sent. ${(error as Error).message}`;
}
