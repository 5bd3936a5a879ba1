import { useState } from 'preact/hooks';
import type { ConversationState, InterruptParams } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { Down, Stop } from '../parts/icons.tsx';
import { Popup } from '../parts/popup.tsx';
import { plural } from '../parts/words.ts';

type Scope = Pick<InterruptParams, 'scope'>;

/** Interrupts at once, and shows an error if the service could not be reached. */
export function useStop({ conversation }: OpenedConversation) {
  const [failed, setFailed] = useState<string>();
  const now = (scope: Scope) => {
    setFailed(undefined);
    conversation
      .interrupt(scope)
      .catch((error: Error) => setFailed(`Nothing was stopped. ${error.message}`));
  };
  return { now, failed };
}

/** The first button stops what a person most likely means; the list has the rest. */
export function StopMenu({
  state: { reply, open },
  onStop,
}: {
  state: ConversationState;
  onStop: (scope: Scope) => void;
}) {
  if (!reply && open.length === 0) return null;
  return (
    <span class="split">
      <button type="button" onClick={() => onStop({ scope: reply ? 'reply' : 'calls' })}>
        <Stop />
        {reply ? 'Stop talking' : `Cancel ${plural(open.length, 'call')}`}
      </button>
      {reply && open.length > 0 && (
        <Popup label="More to stop" content={<Down />} kind="icon-only">
          <button type="button" onClick={() => onStop({ scope: 'reply' })}>
            Stop talking <kbd>Esc</kbd>
          </button>
          <button type="button" onClick={() => onStop({ scope: 'calls' })}>
            Cancel {plural(open.length, 'call')}, go on talking
          </button>
          <button type="button" onClick={() => onStop({ scope: 'all' })}>
            Stop talking and cancel everything
          </button>
        </Popup>
      )}
    </span>
  );
}
