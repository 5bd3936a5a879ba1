import type { StreamItem } from '../../client/stream.ts';
import type { EntryOf } from '../../contract/entry.ts';

/** Prints a stream as a conversation: the agent's text as it arrives, and a line for each change of a call. */
export function createTranscript(print: (text: string) => void) {
  let speaking: string | undefined;
  const begin = performance.now();
  const clock = () => `${((performance.now() - begin) / 1_000).toFixed(1).padStart(5)} s  `;

  function line(text: string) {
    end();
    print(`${clock()}${text}\n`);
  }

  function end() {
    if (speaking) print('\n');
    speaking = undefined;
  }

  function show(item: StreamItem): void {
    if (item.type === 'delta') {
      const { reply_id, attempt, text } = item.data;
      const who = `${reply_id}/${attempt}`;
      if (speaking !== who) {
        end();
        print(`${clock()}agent  `);
      }
      speaking = who;
      print(text);
      return;
    }
    if (item.type !== 'entry') return;
    const entry = item.data;
    switch (entry.kind) {
      case 'message.user':
        return line(`you    ${entry.text}`);
      case 'reply.completed':
      case 'reply.interrupted':
        return end();
      case 'reply.failed':
        return line(`!      ${entry.error.message}`);
      case 'call.started':
      case 'call.approved':
      case 'call.cancelled':
      case 'call.completed':
        return line(`       · ${entry.call_id} ${entry.kind.slice('call.'.length)}`);
      case 'call.failed':
        return line(`       · ${entry.call_id} failed: ${entry.error.message}`);
      case 'call.awaiting_approval':
        return line(`       · ${entry.call_id} waits for a person: ${entry.why}`);
      case 'call.denied':
        return line(`       · ${entry.call_id} denied: ${entry.reason ?? 'no reason given'}`);
      case 'call.event':
        return line(`       · ${entry.call_id} ${whatOf(entry)}`);
      default:
        return undefined;
    }
  }

  return { show, end };
}

function whatOf({ event, percent, note, data, stored }: EntryOf<'call.event'>): string {
  if (event === 'progress') return `${percent ?? ''} % ${note ?? ''}`;
  const text = stored ? `${stored.bytes} bytes, stored separately` : (JSON.stringify(data) ?? '');
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text;
}

const MOST_CHARS = 120;
