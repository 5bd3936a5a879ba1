import { Markdown } from '../parts/markdown.tsx';
import { timeOfDay } from '../parts/words.ts';
import type { Notice } from './rows.ts';

/** A notice of the service about the conversation itself. */
export function NoticeLine({ entry }: { entry: Notice }) {
  const [text, tone] = wordsOf(entry);
  return (
    <div class={`notice-line ${tone}`}>
      <p>
        {text} <time dateTime={entry.at}>{timeOfDay(entry.at)}</time>
      </p>
      {entry.kind === 'summary' && (
        <details>
          <summary>What it reads instead</summary>
          <Markdown text={entry.text} />
        </details>
      )}
    </div>
  );
}

function wordsOf(entry: Notice): [text: string, tone: '' | 'asks' | 'bad'] {
  switch (entry.kind) {
    case 'limit.reached':
      return [limitWords(entry.limit, entry.value), 'asks'];
    case 'summary':
      return [
        `From here on the agent reads a summary of entries ${entry.from} to ${entry.to}.`,
        '',
      ];
    case 'summary.failed':
      return [`A summary of earlier entries failed: ${entry.error.message}`, 'bad'];
    case 'conversation.reset':
      return [
        `An operator has taken back what came after this${entry.reason ? `: ${entry.reason}` : '.'}`,
        'asks',
      ];
    case 'signal.dropped':
      return [`An invalid signal (${entry.signal}) was dropped: ${entry.why}`, 'bad'];
    case 'conversation.closed':
      return ['The conversation was closed.', ''];
  }
}

export function limitWords(limit: string, value: number): string {
  const count = value.toLocaleString();
  switch (limit) {
    case 'unsolicited_per_minute':
      return `The agent has spoken ${count} times within a minute without being asked. Further news waits for a moment.`;
    case 'unsolicited_in_a_row':
      return `The agent has spoken ${count} times in a row without being asked. It is quiet until you write.`;
    case 'max_tokens':
      return `This conversation has used its ${count} tokens. The agent speaks only when you write.`;
    case 'max_tokens_per_tenant_per_day':
      return `Today's ${count} tokens are used. The agent speaks only when you write.`;
    case 'max_replies_per_turn':
      return `The agent has replied ${count} times to the same cause. It is quiet until you write.`;
    default:
      return `A limit was reached (${limit}: ${count}). The agent is quiet until you write.`;
  }
}
