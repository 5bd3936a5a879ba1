/** The log of a long conversation: questions, answers, and installers that report while the talk goes on. */
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';

export interface LongLog {
  entries: Entry[];
  head: Head;
}

/** @param count of entries; the last call is still running */
export function longLog(count: number): LongLog {
  const entries: Entry[] = [];
  const begun = Date.parse('2030-01-01T08:00:00.000Z');
  const add = (type: Entry['actor']['type'], cause: number[], body: object): number => {
    const seq = entries.length + 1;
    const at = new Date(begun + seq * 1_500).toISOString();
    entries.push({ seq, at, actor: { type, id: type }, cause, ...body } as Entry);
    return seq;
  };
  const reply = (because: 'message' | 'news', cause: number[], text: string): number => {
    const reply_id = `reply_${entries.filter(({ kind }) => kind === 'reply.started').length + 1}`;
    const reason = because === 'news' ? 'news' : 'a message came in';
    const started = add('agent', cause, { kind: 'reply.started', reply_id, because, reason });
    const usage = { input_tokens: 900, output_tokens: 40 };
    const end = add('agent', [started], { kind: 'reply.completed', reply_id, text, usage });
    if (because === 'news')
      add('system', [end], { kind: 'receipt', of: cause, fate: 'spoken', reply_id });
    return end;
  };

  for (let round = 1; entries.length < count; round++) {
    const asked = add('user', [], {
      ...{ kind: 'message.user', message_id: `message_${round}`, when_busy: 'interrupt' },
      text: `Install package ${round} and tell me more about it.`,
    });
    const answer = reply('message', [asked], `Starting **package ${round}**.\n\n- first\n- second`);
    const call_id = `call_${round}`;
    const call = (kind: string, body: object = {}) => add('tool', [], { kind, call_id, ...body });
    const input = { package: `package-${round}` };
    add('agent', [answer], { kind: 'call.requested', call_id, tool: 'run_installer', input });
    call('call.started');
    const event = { event: 'progress', schedule: 'when_idle' };
    const half = call('call.event', { n: 1, percent: 50, note: 'half', ...event });
    reply('news', [half], `Package ${round} is half done.`);
    if (entries.length >= count) break;
    const end = call('call.completed', { result: { installed: `package-${round}` } });
    reply('news', [end], `Package ${round} is **installed**.`);
  }
  const at = entries.at(-1)!.at;
  const last = entries.findLast((entry) => entry.kind === 'call.requested');
  const isOpen = !entries.some(
    (entry) => entry.kind === 'call.completed' && entry.call_id === last?.call_id,
  );
  return {
    entries,
    head: {
      status: 'idle',
      calls:
        last && isOpen
          ? [
              {
                id: last.call_id,
                tool: last.tool,
                status: 'running',
                percent: 50,
                requested_at: at,
              },
            ]
          : [],
      usage: { input_tokens: 900, output_tokens: 40 },
    },
  };
}
