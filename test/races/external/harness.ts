/**
 * One thread of a harness. It calls tools, does as the answers say, calls again when it is tired of waiting, and comes back with what it
 * has saved when it was killed. It knows what it was told: where its cursor passes a result that it was not told, that result is lost.
 */
import type { RequestedCall } from '../../../contract/call.ts';
import type { Entry } from '../../../contract/entry.ts';
import type { CallEnd } from '../../../contract/signals.ts';
import { resultOfCall, resultsAfter } from '../../../mcp/server/results.ts';
import type { Clock } from '../clock.ts';
import { broken } from '../violation.ts';
import type { ThreadPlan, ToolChoice } from './script.ts';
import type { Asker, ServiceReply, RacedService } from './service.ts';

export type RacedHarness = ReturnType<typeof createRacedHarness>;

interface Made {
  call: RequestedCall;
  choice: ToolChoice;
  patience: number;
  requests: number;
}

/** A harness gives up then. */
const MOST_REQUESTS = 3;
const APPROVAL_MS = 3_000;

export function createRacedHarness({
  name,
  plan,
  clock,
  hop,
  service,
}: {
  name: string;
  plan: ThreadPlan;
  clock: Clock;
  hop(then: () => void): void;
  service(): RacedService;
}) {
  const made: Made[] = [];
  /** Numbers of what it was told as numbered results. */
  const known = new Set<number>();
  /** What was sent to it as the answer to a call, or pushed: whether it arrives or not, it is not told again under its number. */
  const sent = new Set<number>();
  /** Calls whose ends were sent without a number. */
  const overs = new Set<string>();
  let cursor = 0;
  let acknowledged = 0;
  /** Counts its lives. */
  let life = 0;
  let isAlive = true;
  let turns = 0;

  /** @param again what it does when it is tired of waiting */
  function ask(patience?: number, again: () => void = () => {}): Asker {
    const own = life;
    let isTired = false;
    const isGone = () => own !== life || !isAlive || isTired;
    const tire = () => {
      if (isGone()) return;
      isTired = true;
      again();
    };
    const stop = patience === undefined ? () => {} : clock.after(patience, tire);
    return {
      isGone,
      reply(reply) {
        if (reply.kind === 'answer') {
          for (const { n } of reply.results) sent.add(n);
          if (reply.isOver) overs.add(reply.call_id);
        }
        hop(() => {
          if (isGone()) return;
          stop();
          hears(reply);
        });
      },
    };
  }

  function hears(reply: ServiceReply): void {
    if (reply.kind === 'answer') return;
    for (const { n } of reply.results) known.add(n);
    passes(reply.kind === 'suspended' ? reply.after : (reply.results.at(-1)?.n ?? 0));
  }

  function passes(to: number): void {
    cursor = Math.max(cursor, to);
    for (const entry of service().log) {
      if (entry.seq > cursor) return;
      if (resultOfCall(entry, name) && !has(entry))
        throw broken('R5', `${name} passes ${entry.seq}, and was never told it.`, clock.now);
    }
  }

  const has = (entry: Entry) =>
    known.has(entry.seq) ||
    sent.has(entry.seq) ||
    (ENDS.has(entry.kind) && 'call_id' in entry && overs.has(entry.call_id));

  function request(one: Made): void {
    one.requests += 1;
    const again = () => void (one.requests < MOST_REQUESTS && request(one));
    const asker = ask(one.patience, again);
    hop(() => service().request(one.call, one.choice, asker));
  }

  function callOf(choice: ToolChoice): RequestedCall {
    const nth = made.length;
    const call = {
      call_id: `${name}_call_${nth}`,
      tool: `work_${choice}`,
      input: { same: nth % 2 },
    };
    const anchored = plan.hears === 'proxied' ? { ...call, anchor: `at ${nth}` } : call;
    switch (choice) {
      case 'approval':
        return { ...anchored, approval: { timeout_ms: APPROVAL_MS } };
      case 'reject':
      case 'replace':
      case 'confirm':
        return { ...anchored, duplicates: choice };
      case 'broken':
        return { ...anchored, problem: { type: 'InvalidInput', message: '' } };
      default:
        return anchored;
    }
  }

  /** The model behind the proxy is shown what it does not know, and the harness's thread shows what it has answered. */
  function turn(takes: number): void {
    const news = service().log.filter(({ kind }) => NEWS.has(kind));
    const isTold = ({ seq }: Entry) => known.has(seq) || sent.has(seq);
    const isDone = (entry: Entry) =>
      isTold(entry) ||
      service()
        .receiptsOf(entry.seq)
        .some((fate) => fate !== 'delivered');
    const answered = news.slice(0, (news.findIndex((e) => !isDone(e)) + 1 || news.length + 1) - 1);
    const to = answered.findLast(isTold)?.seq ?? 0;
    if (to > acknowledged) {
      acknowledged = to;
      hop(() => service().signal({ type: 'acknowledge', to }));
    }
    const of = news.filter((entry) => !isDone(entry)).map(({ seq }) => seq);
    const anchor = `turn ${(turns += 1)}`;
    const own = life;
    clock.after(takes, () => {
      if (own !== life || !isAlive || of.length === 0) return;
      for (const seq of of) known.add(seq);
      hop(() => service().signal({ type: 'deliver', of, anchor }));
    });
  }

  return {
    call(choice: ToolChoice, patience: number): void {
      if (!isAlive) return;
      const one = { call: callOf(choice), choice, patience, requests: 0 };
      made.push(one);
      request(one);
    },
    again(nth: number): void {
      const one = made[nth % made.length];
      if (isAlive && one) request(one);
    },
    /** They have ended when the service tells of them. */
    burst(calls: number): void {
      for (let left = isAlive ? calls : 0; left > 0; left -= 1) {
        const call = callOf('quick');
        made.push({ call, choice: 'slow', patience: 1_000, requests: 0 });
        overs.add(call.call_id);
        service().record(call, DONE, true);
      }
    },
    ask(waits: number): void {
      if (!isAlive || plan.hears === 'proxied') return;
      const after = cursor;
      acknowledged = Math.max(acknowledged, after);
      hop(() => service().nextResults(after, waits, ask()));
    },
    turn(takes: number): void {
      if (isAlive && plan.hears === 'proxied') turn(takes);
    },
    cancel(nth: number): void {
      const one = made[nth % made.length];
      if (!isAlive || !one) return;
      service().signal({ type: 'cancel_call', call_id: one.call.call_id });
    },
    /** @returns false: it is not there */
    isTold(of: number[]): boolean {
      if (!isAlive) return false;
      for (const n of of) sent.add(n);
      return true;
    },
    kill(back_after: number, forgets: boolean): void {
      if (!isAlive) return;
      life += 1;
      isAlive = false;
      if (forgets) forget();
      clock.after(back_after, () => void (isAlive = true));
    },
    /** What is left is told to a harness that asks. */
    finish(): void {
      if (plan.hears === 'proxied') return;
      isAlive = true;
      const { log, head } = service();
      hears({ kind: 'results', results: resultsAfter({ log, head }, cursor) });
      passes(log.length);
    },
  };

  /** What it has acknowledged it has saved. */
  function forget(): void {
    for (const n of known) if (n > acknowledged) known.delete(n);
    cursor = acknowledged;
  }
}

const DONE: CallEnd = { type: 'completed', result: null };

const NEWS: ReadonlySet<string> = new Set([
  'call.event',
  'call.completed',
  'call.failed',
  'call.denied',
]);

const ENDS: ReadonlySet<string> = new Set([
  'call.completed',
  'call.failed',
  'call.denied',
  'call.cancelled',
]);
