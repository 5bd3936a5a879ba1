import { useState } from 'preact/hooks';
import type { CallState, Stored } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { clearText } from '../parts/clear-text.ts';
import { bytes } from '../parts/words.ts';
import { LongText } from './long-text.tsx';
import { Value } from './value.tsx';

interface Props {
  call: CallState;
  value: unknown;
  stored: Stored | undefined;
  opened: OpenedConversation;
}

/** A result. A large one is fetched when the user asks for it. */
export function ResultView({ call, value, stored, opened }: Props) {
  const [whole, setWhole] = useState<{ text: string } | { failed: string } | 'loading'>();
  if (!stored) return <Value value={value} label="Result" />;
  const load = () => {
    setWhole('loading');
    opened.conversation.result(call.id, stored.n).then(
      (result) =>
        setWhole({ text: typeof result === 'string' ? result : JSON.stringify(result, null, 2) }),
      (error: Error) => setWhole({ failed: error.message }),
    );
  };
  if (whole !== undefined && whole !== 'loading' && 'text' in whole) {
    return <LongText title={`${call.tool}, ${bytes(stored.bytes)}`} text={whole.text} />;
  }
  return (
    <div class="stored">
      <pre class="value" tabIndex={0} aria-label="Beginning of the result">
        {clearText(stored.head)} …
      </pre>
      <p>
        <button onClick={load} disabled={whole === 'loading'}>
          {whole === 'loading' ? 'Loading …' : `Show all of it, ${bytes(stored.bytes)}`}
        </button>{' '}
        {whole !== undefined && whole !== 'loading' && (
          <span class="wrong" role="alert">
            {whole.failed}
          </span>
        )}
      </p>
    </div>
  );
}
