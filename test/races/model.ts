/**
 * The model of a race: it takes its time, and asks for what the user wants by what it was shown. It pays once for each request to
 * pay that no later one replaces, and withdraws a payment that is no longer wanted.
 */
import { TENANT_TOKENS_SPENT } from '../../contract/limits.ts';
import type { RequestedCall } from '../../contract/call.ts';
import type { Effect, Untimed } from '../../conversation/event.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';
import type { Audit, Shown } from './audit.ts';
import type { Clock } from './clock.ts';
import type { PlannedAnswer, Asked } from './script.ts';
import { broken } from './violation.ts';

type Request = Extract<Effect, { kind: 'start_reply' }>['request'];

/** Then it asks for nothing but payments, so that every story ends. */
const MOST_CALLS = 12;
const APPROVAL_MS = 3_000;
const usage = { input_tokens: 1, output_tokens: 1 };

export function createModel(
  answers: PlannedAnswer[],
  { clock, audit, enqueue }: { clock: Clock; audit: Audit; enqueue: (event: Untimed) => void },
) {
  let asked = 0;
  let calls = 0;
  let inFlight: { id: string; forget: () => void } | undefined;
  /** What an earlier run of the conversation has asked for never reaches a later one. */
  let run = 0;

  function ask({ reply_id, because }: Request): void {
    if (inFlight) throw broken('R1', `${reply_id} starts beside ${inFlight.id}.`, clock.now);
    const answer = answers[asked++ % answers.length]!;
    const shown = audit.shown(reply_id);
    const asking = run;
    const give = () => {
      if (run !== asking) return;
      if (inFlight?.id === reply_id) inFlight = undefined;
      if (answer.ends === 'failed') {
        const error = { type: 'ModelUnavailable', message: '' };
        enqueue({ type: 'reply_failed', reply_id, error });
        return;
      }
      if (answer.ends === 'spent' && because === 'news') {
        const error = { type: TENANT_TOKENS_SPENT, message: '' };
        const limit = { limit: 'max_tokens_per_tenant_per_day', value: 1 };
        enqueue({ type: 'reply_failed', reply_id, error, limit });
        return;
      }
      const text = answer.ends === 'silent' ? '' : 'Ok.';
      const result = { text, usage, calls: requests(answer, shown) };
      enqueue({ type: 'reply_completed', reply_id, result });
    };
    const cancel = clock.after(answer.latency, give);
    inFlight = { id: reply_id, forget: answer.deaf ? () => {} : cancel };
  }

  function stop(reply_id: string): void {
    if (inFlight?.id !== reply_id) return;
    inFlight.forget();
    inFlight = undefined;
  }

  function requests({ asks }: PlannedAnswer, { wanted, payments, open }: Shown): RequestedCall[] {
    const unwanted = payments.filter(({ pays, isOpen }) => isOpen && pays !== wanted);
    const made = unwanted.map(({ id }) => request(CANCEL_TOOL, { call_id: id }));
    if (wanted && !payments.some(({ pays }) => pays === wanted)) {
      made.push(request('pay', { pays: wanted }, asks[0]));
    }
    if (calls < MOST_CALLS) {
      for (const [nth, what] of asks.entries()) {
        // Half of them ask for the same.
        const input = what === 'cancel' ? { call_id: open[nth] ?? 'call_none' } : { same: nth % 2 };
        // Whether a tool minds duplicates is the tool's, not the call's.
        made.push(request(what === 'cancel' ? CANCEL_TOOL : `work_${what}`, input, what));
      }
    }
    return made;
  }

  function request(tool: string, input: unknown, what?: Asked): RequestedCall {
    const call = { call_id: `call_${++calls}`, tool, input };
    switch (what) {
      case 'approval':
        return { ...call, approval: { timeout_ms: APPROVAL_MS } };
      case 'reject':
      case 'replace':
      case 'confirm':
        return { ...call, duplicates: what };
      case 'managed':
        return { ...call, awaits: 'managed', results: 2 };
      case 'broken':
        // A payment is always well asked for.
        if (tool === 'pay') return call;
        return { ...call, problem: { type: 'InvalidInput', message: '' } };
      default:
        return call;
    }
  }

  function forget(): void {
    run += 1;
    inFlight = undefined;
  }

  return { ask, stop, forget, isAsked: () => inFlight !== undefined };
}
