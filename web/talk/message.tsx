import type { AgentMessage, UserMessage } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { Markdown } from '../parts/markdown.tsx';
import { moment, timeOfDay } from '../parts/words.ts';
import { hashOf } from '../route.ts';
import { becauseOf } from './because.ts';

export const MessageView = ({
  message,
  opened,
}: {
  message: AgentMessage | UserMessage;
  opened: OpenedConversation;
}) =>
  message.from === 'user' ? (
    <FromUser message={message} />
  ) : (
    <FromAgent message={message} opened={opened} />
  );

function FromUser({ message: { text, author, at } }: { message: UserMessage }) {
  return (
    <div class="bubble" title={moment(at)}>
      <span class="unseen">You:</span>
      <p class="words">{text}</p>
      {author !== 'user' && <p class="meta">{author}</p>}
    </div>
  );
}

function FromAgent({ message, opened }: { message: AgentMessage; opened: OpenedConversation }) {
  const { text, status, at, id, seq } = message;
  const { entries, calls } = opened.state.peek();
  const because = becauseOf(message, entries, calls);
  const why = hashOf({ view: 'why', id: opened.id, entry: seq });
  return (
    <div
      class={`said ${status} ${because ? 'unprompted' : ''} ${message.rolled_back ? 'taken-back' : ''}`}
    >
      <span class="unseen">Agent:</span>
      {because !== undefined && (
        <p class="because">
          <a href={why} title="See it in the timeline">
            {because}
          </a>
        </p>
      )}
      {text === '' && status === 'streaming' ? (
        <p class="thinking" aria-label="The agent is thinking">
          <i />
          <i />
          <i />
        </p>
      ) : (
        <Markdown text={text} growing={status === 'streaming'} />
      )}
      <Ending message={message} />
      <p class="meta" data-reply={id}>
        <time dateTime={at} title={moment(at)}>
          {timeOfDay(at)}
        </time>{' '}
        <a href={why} aria-label="Why it said this">
          why
        </a>
      </p>
    </div>
  );
}

function Ending({ message }: { message: AgentMessage }) {
  const { status, interrupted_by, rolled_back, error } = message;
  if (status === 'failed') {
    return (
      <p class="ending wrong">
        <b>The reply failed.</b> {error?.message} Your next message starts another one.
      </p>
    );
  }
  if (status !== 'interrupted') return null;
  const by = {
    message: 'Cut off by your message.',
    event: 'Cut off by urgent news.',
    request: 'You stopped it here.',
    close: 'The conversation closed here.',
  }[interrupted_by ?? 'request'];
  return (
    <p class="ending">
      {by}
      {rolled_back && ' It was taken back: the agent does not know that it said this.'}
    </p>
  );
}
