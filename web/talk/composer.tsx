import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Send } from '../parts/icons.tsx';
import { draft } from './draft.ts';

interface Props {
  conversation?: string;
  label: string;
  onSend: (text: string) => void;
  /** On Esc. */
  onStop?: () => void;
  /** Choices, beside the button. */
  children?: ComponentChildren;
}

/** Enter sends, Shift+Enter begins a new line. */
export function Composer({ conversation, label, onSend, onStop, children }: Props) {
  const text = draft(conversation);
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = field;
    current!.style.height = 'auto';
    current!.style.height = `${current!.scrollHeight}px`;
  }, [text.value]);
  // Not on a phone, whose keyboard would cover the page.
  useLayoutEffect(() => {
    if (matchMedia('(hover: hover)').matches) field.current!.focus();
  }, []);
  const submit = () => {
    if (text.value.trim() === '') return;
    onSend(text.value);
    text.value = '';
    field.current!.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends the composition of a word in Chinese, Japanese and others.
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
    if (event.key === 'Escape' && onStop) onStop();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        id="write"
        rows={1}
        aria-label={label}
        placeholder="Write a message"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="composer-foot">
        {children}
        <button
          class="primary icon-only send"
          type="submit"
          aria-label="Send"
          disabled={text.value.trim() === ''}
        >
          <Send />
        </button>
      </div>
    </form>
  );
}
