/** The calls of a conversation, from the entries of the log and live progress. */
import type { Entry, EntryOf } from '../contract/entry.ts';
import type { CallState } from './state.ts';
import type { ProgressItem } from './stream.ts';

export function createCalls() {
  const calls = new Map<string, CallState>();
  /** Ids of the calls that wait for a slot, in order. */
  let queue: string[] = [];

  function change(id: string, more: Partial<CallState>): void {
    const call = calls.get(id);
    if (call) calls.set(id, { ...call, ...more });
  }

  function setQueue(ids: string[]): void {
    queue = ids;
    for (const [nth, id] of ids.entries()) {
      if (calls.get(id)?.position !== nth + 1) change(id, { position: nth + 1 });
    }
  }

  const leaveQueue = (id: string) => setQueue(queue.filter((each) => each !== id));

  function end(entry: Entry & { call_id: string }, more: Partial<CallState>): void {
    leaveQueue(entry.call_id);
    const { position: _, suspended: __, question: ___, ...call } = calls.get(entry.call_id) ?? {};
    if ('id' in call) {
      calls.set(entry.call_id, {
        ...(call as CallState),
        ended_at: entry.at,
        ended_seq: entry.seq,
        ...more,
      });
    }
  }

  function applyEvent({
    call_id,
    seq,
    at,
    n,
    event,
    percent,
    note,
    data,
    stored,
    question,
    settles,
  }: EntryOf<'call.event'>) {
    if (settles) dropQuestion(call_id);
    if (question) change(call_id, { question });
    const call = calls.get(call_id);
    if (!call) return;
    if (event === 'progress') return showProgress(call_id, percent, note);
    const result = { n, seq, at, ...(stored ? { stored } : { data }) };
    const { suspended, ...rest } = { ...call, results: [...call.results, result] };
    const flow = suspended && { ...suspended, results: suspended.results + 1 };
    const isComplete = flow?.of !== undefined && flow.results >= flow.of;
    calls.set(call_id, { ...rest, ...(flow && !isComplete && { suspended: flow }) });
  }

  function dropQuestion(id: string): void {
    const call = calls.get(id);
    if (!call?.question) return;
    const { question: _, ...rest } = call;
    calls.set(id, rest);
  }

  function showProgress(id: string, percent: number | undefined, note: string | undefined): void {
    change(id, { ...(percent !== undefined && { percent }), ...(note !== undefined && { note }) });
  }

  return {
    add(entry: Entry): void {
      switch (entry.kind) {
        case 'call.requested': {
          const { call_id: id, seq, tool, input, at, awaits, results: of } = entry;
          const suspended = awaits && { results: 0, ...(of !== undefined && { of }) };
          calls.set(id, {
            ...{ id, seq, tool, input, status: 'requested', requested_at: at, results: [] },
            ...(suspended && { suspended }),
          });
          return;
        }
        case 'call.awaiting_approval': {
          const { call_id, why, expires_at, input } = entry;
          const shownInput = input === undefined ? {} : { input };
          return change(call_id, { status: 'awaiting_approval', why, expires_at, ...shownInput });
        }
        case 'call.approved':
          return change(entry.call_id, {
            status: 'requested',
            why: undefined,
            expires_at: undefined,
          });
        case 'call.queued':
          change(entry.call_id, { status: 'queued' });
          return setQueue([...queue.filter((id) => id !== entry.call_id), entry.call_id]);
        case 'call.started':
          leaveQueue(entry.call_id);
          return change(entry.call_id, {
            status: 'running',
            started_at: entry.at,
            position: undefined,
          });
        case 'call.event':
          return applyEvent(entry);
        case 'call.answered':
          return dropQuestion(entry.call_id);
        case 'call.completed': {
          const { result, stored } = entry;
          return end(entry, { status: 'completed', ...(stored ? { stored } : { result }) });
        }
        case 'call.failed':
          return end(entry, { status: 'failed', error: entry.error });
        case 'call.cancelled':
          return end(entry, { status: 'cancelled', reason: entry.by });
        case 'call.denied':
          return end(entry, {
            status: 'denied',
            ...(entry.reason !== undefined && { reason: entry.reason }),
          });
        case 'call.dropped':
          return end(entry, { status: 'dropped', reason: entry.why });
        default:
      }
    },

    applyProgress({ call_id, percent, note }: ProgressItem['data']): void {
      const call = calls.get(call_id);
      if (call && call.ended_at === undefined) showProgress(call_id, percent, note);
    },

    all: (): CallState[] => [...calls.values()],
  };
}
