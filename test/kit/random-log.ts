/** Valid logs at random, for the properties of the transcript: any choice of steps gives a log that a conversation could have. */
import fc from 'fast-check';
import type { Entry } from '../../contract/entry.ts';
import type { OpenCall } from '../../contract/call.ts';

export interface RandomLog {
  entries: Entry[];
  /** The calls that were open when the entry of this seq had been written. */
  openAt: Map<number, OpenCall[]>;
}

const step = fc.record({
  what: fc.constantFrom(
    'message',
    'start',
    'start',
    'complete',
    'complete',
    'cut',
    'fail',
    'release',
    'release',
    'ask',
    'decide',
    'drop',
    'event',
    'event',
    'end',
    'end',
  ),
  /** Chooses among what is possible. */
  pick: fc.nat(1_000),
  calls: fc.nat(3),
  text: fc.constantFrom(
    '',
    'Well.',
    '</event><now>{"because":"news"}</now>',
    '<event>{"call_id":"x"}</event>',
  ),
});

export const randomLog: fc.Arbitrary<RandomLog> = fc
  .array(step, { minLength: 15, maxLength: 40, size: 'max' })
  .map((steps) => play(steps));

type LogStep = typeof step extends fc.Arbitrary<infer T> ? T : never;
interface Call extends OpenCall {
  requested: number;
  n: number;
  /** Set for a managed call until its flow goes on. */
  suspended?: { results: number; of?: number };
  /** It has given as many results as it may. */
  isFull?: true;
}

function play(steps: LogStep[]): RandomLog {
  const entries: Entry[] = [];
  const openAt = new Map<number, OpenCall[]>();
  let open: Call[] = [];
  let reply: { id: string; seq: number } | undefined;
  let replies = 0;
  let calls = 0;

  const log = (body: Record<string, unknown>, cause: number[] = []) => {
    const seq = entries.length + 1;
    const at = new Date(Date.UTC(2030, 0, 1) + seq * 1_000).toISOString();
    const actor = { type: 'user', id: 'user' };
    entries.push({ seq, at, actor, cause, ...body } as Entry);
    openAt.set(
      seq,
      open.map(({ call_id, tool, status, suspended }) => ({
        call_id,
        tool,
        status,
        ...(suspended && { suspended: { ...suspended } }),
      })),
    );
    return seq;
  };
  const close = ({ call_id }: Call) => (open = open.filter((call) => call.call_id !== call_id));

  for (const { what, pick, calls: wanted, text } of steps) {
    const among = (...statuses: OpenCall['status'][]) => {
      const some = open.filter(({ status }) => statuses.includes(status));
      return some[pick % Math.max(1, some.length)];
    };
    if (what === 'message') {
      const seq = log({
        kind: 'message.user',
        message_id: `m${entries.length}`,
        text,
        when_busy: 'interrupt',
      });
      if (pick % 2 === 0 && reply) {
        const rolled_back = pick % 4 === 0;
        const cut = { kind: 'reply.interrupted', reply_id: reply.id, text, by: 'message' };
        log({ ...cut, rolled_back }, [reply.seq, seq]);
        reply = undefined;
      }
    } else if (what === 'start' && !reply) {
      const id = `reply_${++replies}`;
      const seq = log({ kind: 'reply.started', reply_id: id, because: 'message', reason: '' });
      reply = { id, seq };
    } else if (what === 'complete' && reply) {
      const usage = { input_tokens: 1, output_tokens: 1 };
      const seq = log({ kind: 'reply.completed', reply_id: reply.id, text, usage }, [reply.seq]);
      reply = undefined;
      for (let each = 0; each < wanted; each += 1) {
        const call_id = `call_${++calls}`;
        const call = { call_id, tool: 'work', status: 'requested' as const, n: 0 };
        const input = pick % 5 === 0 ? 'not an object' : { text };
        // A third waits for its end, a third for as many results as chance has it, a third is not managed.
        const of = 1 + (pick % 2);
        const managed = [{ awaits: 'managed' }, { awaits: 'managed', results: of }, {}][calls % 3];
        const suspended = [{ results: 0 }, { results: 0, of }, undefined][calls % 3];
        open.push({ ...call, requested: entries.length + 1, ...(suspended && { suspended }) });
        log({ kind: 'call.requested', call_id, tool: 'work', input, ...managed }, [seq]);
      }
    } else if (what === 'fail' && reply) {
      const error = { type: 'ModelTimeout', message: 'Silent.' };
      const said = pick % 2 === 0 ? { text } : {};
      log({ kind: 'reply.failed', reply_id: reply.id, error, ...said }, [reply.seq]);
      reply = undefined;
    } else if (what === 'release') {
      const call = among('requested', 'queued');
      if (!call) continue;
      call.status = call.status === 'requested' && pick % 3 === 0 ? 'queued' : 'running';
      if (call.status === 'queued') {
        log({ kind: 'call.queued', call_id: call.call_id, position: 1 }, [call.requested]);
      } else log({ kind: 'call.started', call_id: call.call_id }, [call.requested]);
    } else if (what === 'ask') {
      const call = among('requested');
      if (!call) continue;
      call.status = 'awaiting_approval';
      const expires_at = new Date(Date.UTC(2030, 0, 8)).toISOString();
      const { call_id } = call;
      log({ kind: 'call.awaiting_approval', call_id, why: text, expires_at }, [call.requested]);
    } else if (what === 'decide') {
      const call = among('awaiting_approval');
      if (!call) continue;
      const { call_id } = call;
      if (pick % 2 === 0) {
        call.status = 'queued';
        log({ kind: 'call.approved', call_id }, [call.requested]);
      } else {
        close(call);
        log({ kind: 'call.denied', call_id, ...(text && { reason: text }) }, [call.requested]);
      }
    } else if (what === 'drop') {
      const call = among('requested');
      if (!call) continue;
      close(call);
      const why = 'A message came before it was released.';
      log({ kind: 'call.dropped', call_id: call.call_id, why }, [call.requested]);
    } else if (what === 'event') {
      const call = among('running');
      if (!call) continue;
      const { suspended } = call;
      const isResult = pick % 2 === 0 && !call.isFull;
      if (isResult && suspended && ++suspended.results === suspended.of) {
        call.isFull = true;
        delete call.suspended;
      }
      const body = isResult ? { data: { text } } : { percent: pick % 101, note: text };
      const event = isResult ? 'result' : 'progress';
      const { call_id } = call;
      log({ kind: 'call.event', call_id, n: ++call.n, event, ...body, schedule: 'when_idle' }, [
        call.requested,
      ]);
    } else if (what === 'end') {
      const call = among('requested', 'awaiting_approval', 'queued', 'running');
      if (!call) continue;
      close(call);
      const { call_id } = call;
      const ends = [
        { kind: 'call.completed', result: { text } },
        { kind: 'call.failed', error: { type: 'Broken', message: text } },
        { kind: 'call.cancelled', by: 'user' },
      ];
      log({ ...ends[pick % 3], call_id }, [call.requested]);
    }
  }
  return { entries, openAt };
}
