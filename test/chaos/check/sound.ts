/** Evidence of a run in which everything went well, for the checker's own tests: each breaks one thing in it. */
import type { Actor, Entry, EntryKind, EntryOf } from '../../../contract/entry.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';

/** When a conversation began; each entry is a second after the one before. Milliseconds since 1970. */
export const BEGAN = Date.UTC(2025, 0, 1);

type Body<K extends EntryKind> = Omit<EntryOf<K>, 'seq' | 'at' | 'kind' | 'actor' | 'cause'>;

const SYSTEM: Actor = { type: 'system', id: 'conversation' };

/** Writes a log line by line. */
export class LogBuilder {
  entries: Entry[] = [];

  /** @returns its seq */
  add<K extends EntryKind>(kind: K, body: Body<K>, cause: number[] = []): number {
    const seq = this.entries.length + 1;
    const at = new Date(BEGAN + seq * 1_000).toISOString();
    this.entries.push({ seq, at, kind, actor: SYSTEM, cause, ...body } as unknown as Entry);
    return seq;
  }
}

const usage = { input_tokens: 10, output_tokens: 1 };

/**
 * An installer that tells its milestones while another queues, a third that waits for a person, one that is denied, one that is
 * dropped, one that is cancelled by the model, and the close. The seqs stand beside the lines.
 */
export function soundLog(): Entry[] {
  const log = new LogBuilder();
  const add = log.add.bind(log);
  const say = (message_id: string) =>
    add('message.user', { message_id, text: `words of ${message_id}`, when_busy: 'interrupt' });
  const start = (number: number, because: 'message' | 'news' | 'results', cause: number[]) =>
    add('reply.started', { reply_id: `reply_${number}`, because, reason: 'a test' }, cause);
  const complete = (number: number, cause: number) =>
    add('reply.completed', { reply_id: `reply_${number}`, text: 'Ok.', usage }, [cause]);
  const ask = (call_id: string, reply: number, tool = 'installer') =>
    add('call.requested', { call_id, tool, input: {}, report: 'every 25 percent' }, [reply]);
  const hear = (call_id: string, n: number, percent: number, cause: number) =>
    add('call.event', { call_id, n, event: 'progress', percent, schedule: 'when_idle' }, [cause]);
  const receipt = (fate: EntryOf<'receipt'>['fate'], of: number[], number?: number) =>
    add('receipt', { of, fate, ...(number && { reply_id: `reply_${number}` }) }, of);

  say('m1'); //                                                              1
  start(1, 'message', [1]); //                                               2
  say('m2'); //                                                              3
  add(
    'reply.interrupted',
    { reply_id: 'reply_1', text: 'I', by: 'message', rolled_back: false },
    [2, 3],
  ); //                                                                     4
  start(2, 'message', [1, 3]); //                                            5
  complete(2, 5); //                                                         6
  for (const id of ['call_a', 'call_b', 'call_c', 'call_d']) ask(id, 6); //  7–10
  add('call.started', { call_id: 'call_a' }, [7]); //                        11
  add('call.queued', { call_id: 'call_b', position: 1 }, [8]); //            12
  const wait = { why: 'It costs money.', expires_at: new Date(BEGAN).toISOString() };
  add('call.awaiting_approval', { call_id: 'call_c', ...wait }, [9]); //     13
  add('call.awaiting_approval', { call_id: 'call_d', ...wait }, [10]); //    14
  hear('call_a', 1, 25, 7); //                                               15
  hear('call_a', 2, 50, 7); //                                               16
  start(3, 'news', [15, 16]); //                                             17
  complete(3, 17); //                                                        18
  receipt('merged', [15], 3); //                                             19
  receipt('spoken', [16], 3); //                                             20
  add('call.denied', { call_id: 'call_d', reason: 'No.' }, [10, 14]); //     21
  add('call.approved', { call_id: 'call_c' }, [9, 13]); //                   22
  add('call.completed', { call_id: 'call_a', result: 'done' }, [7]); //      23
  add('call.started', { call_id: 'call_b' }, [8]); //                        24
  start(4, 'news', [21, 23]); //                                             25
  complete(4, 25); //                                                        26
  receipt('spoken', [21, 23], 4); //                                         27
  ask('call_e', 26); //                                                      28
  say('m3'); //                                                              29
  add('call.dropped', { call_id: 'call_e', why: 'A message came.' }, [28, 29]); // 30
  start(5, 'message', [29]); //                                              31
  complete(5, 31); //                                                        32
  ask('call_f', 32, 'cancel_call'); //                                       33
  hear('call_b', 1, 30, 8); //                                               34
  add('call.cancelled', { call_id: 'call_b', by: 'agent' }, [8, 33]); //     35
  receipt('superseded', [34]); //                                            36
  add('call.completed', { call_id: 'call_f', result: {} }, [33]); //         37
  add('call.started', { call_id: 'call_c' }, [9, 22]); //                    38
  hear('call_c', 1, 25, 9); //                                               39
  add('call.completed', { call_id: 'call_c', result: 'done' }, [9]); //      40
  receipt('failed', [39, 40]); //                                            41
  add('conversation.closed', {}); //                                         42
  return log.entries;
}

export function soundConversation(): ConversationEvidence {
  const event = (call_id: string, n: number) => ({ call_id, n, late: false, at: BEGAN });
  return {
    id: 'conv_1',
    entries: soundLog(),
    followed: soundLog(),
    isOver: true,
    head: { status: 'closed', calls: [], usage },
    signalled: ['m1', 'm2', 'm3'],
    // One was sent twice, and one after its call had been cancelled.
    events: [
      ...[event('call_a', 1), event('call_a', 1), event('call_a', 2)],
      ...[event('call_b', 1), event('call_b', 2), event('call_c', 1)],
      { call_id: 'call_a', n: 3, late: true, at: BEGAN },
    ],
    ended: ['call_a', 'call_b', 'call_c'],
  };
}

export function soundEvidence(): Evidence {
  const effect = (call_id: string, effect: string, after: number) => {
    return { call_id, tool: 'installer', effect, pid: 100, at: BEGAN + after * 1_000 };
  };
  const sent = (message_id: string) => {
    return { conversation: 'conv_1', message_id, text: `words of ${message_id}` };
  };
  return {
    seed: 7,
    sent: ['m1', 'm2', 'm2', 'm3'].map(sent),
    conversations: [soundConversation()],
    // The last one is of a program that had not yet been told that it is cancelled.
    ledger: [
      effect('call_a', 'step 1', 15),
      effect('call_a', 'step 2', 16),
      effect('call_b', 'step 1', 36),
    ],
    programs: [],
    calls: [],
    recoveries: [400, 100, 300, 200].map((ms) => ({
      after: 'kill: worker',
      conversation: 'c',
      at: 0,
      ms,
    })),
    faults: [{ kind: 'kill', at: BEGAN, target: 'worker', moment: 'random', pids: [99] }],
  };
}
