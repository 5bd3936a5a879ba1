/** The head: a conversation's current status, reply and calls, as readers see them. */
import type { CallHead, Head } from '../contract/head.ts';
import type { OpenCall } from '../contract/call.ts';
import { flowOf, isComplete } from './managed.ts';
import { shownInput } from './shown-input.ts';
import { type Call, isBusy, type State } from './state.ts';

export function headOf(state: State): Head {
  const { turn } = state;
  return {
    status: state.closed ? 'closed' : isBusy(state) ? 'replying' : 'idle',
    ...(turn.phase === 'replying' && {
      reply: { id: turn.reply.id, started_at: iso(turn.reply.at) },
    }),
    calls: [...withQuestions(state), ...state.ended],
    usage: state.usage,
  };
}

/**
 * The open calls, as the model sees them.
 * @param from first entry of the window that the model reads
 */
export function openCalls(state: State, from = 1): OpenCall[] {
  return state.calls.map((call) => {
    const position = positionOf(call, state);
    return {
      call_id: call.id,
      tool: call.tool,
      status: call.status,
      ...(position && { position }),
      ...(call.status === 'awaiting_approval' && { expires_at: iso(call.expires_at) }),
      ...suspensionOf(call),
      ...(call.requested < from && outsideOf(call, from)),
    };
  });
}

/** The facts about a call that the window lacks because the call was requested before it. */
function outsideOf(call: Call, from: number): Pick<OpenCall, 'before' | 'percent' | 'note'> {
  const seqs =
    call.status === 'awaiting_approval' ? [call.requested, call.asked] : [call.requested];
  return {
    before: seqs.filter((seq) => seq < from),
    ...(call.status === 'running' && {
      ...(call.percent !== undefined && { percent: call.percent }),
      ...(call.note !== undefined && { note: call.note }),
    }),
  };
}

export function callHead(call: Call, state: State): CallHead {
  const { id, tool, status } = call;
  const position = positionOf(call, state);
  return {
    id,
    tool,
    status,
    requested_at: iso(call.requested_at),
    ...(call.status === 'queued' && { queued_at: iso(call.queued_at) }),
    ...(position && { position }),
    ...(call.status === 'awaiting_approval' && {
      expires_at: iso(call.expires_at),
      ...(call.why !== undefined && { why: call.why }),
    }),
    ...suspensionOf(call),
    ...(call.decision && { decision: call.decision }),
    ...(call.status === 'running' && {
      ...(call.question && { question: withoutSeq(call.question) }),
      started_at: iso(call.started_at),
      ...(call.percent !== undefined && { percent: call.percent }),
      ...(call.note !== undefined && { note: call.note }),
    }),
  };
}

/** The open calls. Input of approvals and schemas of questions are left out beyond size limits: the head is written with every entry. */
function withQuestions(state: State): CallHead[] {
  let room = MOST_SHOWN_CHARS;
  return state.calls.map((call) => {
    const head = callHead(call, state);
    const fits = (shown: unknown) => {
      const chars = JSON.stringify(shown).length;
      if (chars > Math.min(room, LONGEST_SHOWN_CHARS)) return false;
      room -= chars;
      return true;
    };
    if (head.question?.schema && !fits(head.question.schema)) {
      const { schema: _, ...question } = head.question;
      return { ...head, question };
    }
    if (call.status !== 'awaiting_approval') return head;
    const shown = shownInput(call.request);
    return fits(shown) ? { ...head, ...shown } : head;
  });
}

function withoutSeq({ asked: _, expires_at, ...question }: Asked) {
  return { ...question, expires_at: iso(expires_at) };
}

type Asked = NonNullable<(Call & { status: 'running' })['question']>;

const MOST_SHOWN_CHARS = 64_000;
const LONGEST_SHOWN_CHARS = 8_000;

function suspensionOf(call: Call): Pick<CallHead, 'suspended'> {
  const flow = flowOf(call);
  return flow && !isComplete(flow) ? { suspended: flow } : {};
}

/** Place in the queue, starting at 1. Undefined for a call that is not queued. */
function positionOf(call: Call, state: State): number | undefined {
  if (call.status !== 'queued') return undefined;
  return state.calls.filter(({ status }) => status === 'queued').indexOf(call) + 1;
}

const iso = (at: number) => new Date(at).toISOString();
