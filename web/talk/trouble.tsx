import { NotFoundError } from '../../client/index.ts';
import { hashOf } from '../route.ts';

export function Trouble({ error }: { error: unknown }) {
  const isGone = error instanceof NotFoundError;
  return (
    <div class="empty">
      <h2>{isGone ? 'There is no such conversation' : 'This conversation cannot be shown'}</h2>
      <p>
        {isGone
          ? 'The address may be incomplete, or the conversation belongs to another service.'
          : error instanceof Error
            ? error.message
            : String(error)}
      </p>
      <p>
        <a class="button primary" href={hashOf({ view: 'new' })}>
          Start a new one
        </a>
      </p>
    </div>
  );
}
