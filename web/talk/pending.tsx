import { discard, held, type Outgoing } from '../outbox.ts';
import { draft } from './draft.ts';

/** A message that the service has not accepted yet. */
export function Pending({ outgoing }: { outgoing: Outgoing }) {
  const { key, text, refused, conversation } = outgoing;
  const edit = () => {
    draft(conversation).value = text;
    discard(key);
    document.querySelector<HTMLElement>('textarea')?.focus();
  };
  return (
    <div class={`bubble pending ${refused ? 'refused' : ''}`}>
      <p class="words">{text}</p>
      {refused === undefined ? (
        <p class="meta">{held.value ?? 'sending …'}</p>
      ) : (
        <p class="meta" role="alert">
          {refused}{' '}
          <button class="link" onClick={edit}>
            Edit
          </button>{' '}
          <button class="link" onClick={() => discard(key)}>
            Discard
          </button>
        </p>
      )}
    </div>
  );
}
