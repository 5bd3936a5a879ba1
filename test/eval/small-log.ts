/** Logs for tests, written a thing at a time. */
import type { Entry } from '../../contract/entry.ts';

export type SmallLog = ReturnType<typeof createLog>;

export function createLog() {
  const entries: Entry[] = [];
  let replies = 0;

  function write(kind: Entry['kind'], body: object): number {
    const seq = entries.length + 1;
    const head = { seq, at: new Date(0).toISOString(), actor: { type: 'system', id: 'test' } };
    entries.push({ ...head, cause: [], kind, ...body } as Entry);
    return seq;
  }

  function reply(kind: 'reply.completed' | 'reply.interrupted', text: string, cause: number[]) {
    const reply_id = `reply_${(replies += 1)}`;
    write('reply.started', { reply_id, because: 'message', reason: 'a message', cause });
    write(kind, { reply_id, text });
  }

  return {
    entries: entries as readonly Entry[],
    user: (text: string) => write('message.user', { message_id: `msg_${entries.length}`, text }),
    says: (text: string, cause: number[] = []) => reply('reply.completed', text, cause),
    saysCutOff: (text: string, cause: number[] = []) => reply('reply.interrupted', text, cause),
    begins(cause: number[]) {
      write('reply.started', { reply_id: `reply_${(replies += 1)}`, cause });
    },
    asks: (call_id: string, tool: string, input: object) =>
      write('call.requested', { call_id, tool, input }),
    calls(call_id: string, tool: string, input: object) {
      write('call.requested', { call_id, tool, input });
      write('call.started', { call_id });
    },
    asksAndDrops(call_id: string, tool: string, input: object) {
      write('call.requested', { call_id, tool, input });
      write('call.dropped', { call_id, why: 'A message came before it was released.' });
    },
    starts: (call_id: string) => write('call.started', { call_id }),
    completes: (call_id: string) => write('call.completed', { call_id, result: {} }),
    fails: (call_id: string) => write('call.failed', { call_id, error: {} }),
    cancels: (call_id: string) => write('call.cancelled', { call_id, by: 'agent' }),
  };
}
