/**
 * What the service does for one thread of a harness: it answers from the written log, with the code of the service itself where that is
 * pure, and signals the conversation. Every signal takes a while, and some are sent twice.
 */
import type { RequestedCall } from '../../../contract/call.ts';
import type { Entry } from '../../../contract/entry.ts';
import type { Limits } from '../../../contract/limits.ts';
import type { CallEnd, PushedNews, RecordCallsSignal } from '../../../contract/signals.ts';
import type { Decision, Event, Untimed } from '../../../conversation/event.ts';
import { newConversation } from '../../../conversation/state.ts';
import { type Answer, answerOfCall, isAtRest } from '../../../mcp/server/answer.ts';
import { cursorOf, type Result, resultsAfter } from '../../../mcp/server/results.ts';
import type { Clock } from '../clock.ts';
import { createPrograms } from '../programs.ts';
import { createShell } from '../shell.ts';
import { broken } from '../violation.ts';
import type { ExternalAudit } from './audit.ts';
import type { ThreadPlan, ToolChoice } from './script.ts';
import type { Program } from '../script.ts';

/** What a harness gets. `call_id`: of the call that it asked for. */
export type ServiceReply =
  /** The call is over, and this is what it brought. `isOver`: its end alone, which has no number yet. */
  | { kind: 'answer'; call_id: string; results: Result[]; isOver?: true }
  | { kind: 'suspended'; call_id: string; results: Result[]; after: number }
  | { kind: 'results'; results: Result[] };

/** One request of a harness. */
export interface Asker {
  /** It has hung up, as far as the service sees. */
  isGone(): boolean;
  reply(reply: ServiceReply): void;
}

export interface ServiceOptions {
  name: string;
  plan: ThreadPlan;
  limits: Limits;
  clock: Clock;
  audit: ExternalAudit;
  programs: Program[];
  takes(): number;
  hop(then: () => void): void;
  isSentTwice(): boolean;
  decided(decision: Decision, events: Event[]): void;
  /** @returns false: the harness is not there */
  push(of: number[]): boolean;
}

export type RacedService = ReturnType<typeof createRacedService>;

/** As long as ends of calls are collected. */
const TOGETHER_MS = 150;
/** How long a request waits for its own entry. */
const LOGGED_MS = 3_000;
/** Between two attempts to push, and how many there are. */
const AGAIN_MS = 1_000;
const MOST_ATTEMPTS = 3;

export function createRacedService({
  name,
  plan,
  limits,
  clock,
  audit,
  hop,
  ...options
}: ServiceOptions) {
  const head = { id: name, agent: 'client:harness' };
  const log: Entry[] = [];
  const watching = new Set<() => void>();
  /** Calls that were made at once: their ends, and those who wait for them. */
  const quick = new Map<string, { end?: CallEnd; askers: Asker[]; isHandedOver?: true }>();
  let ended: RecordCallsSignal['calls'] = [];

  const shell = createShell({
    clock,
    state: newConversation(head.agent, limits, 'external', plan.hears === 'pushed'),
    takes: options.takes,
    decided(decision, events) {
      options.decided(decision, events);
      audit.decided(decision, events);
    },
    written({ entries, effects }) {
      log.push(...entries);
      effects.forEach(perform);
      for (const look of watching) look();
    },
    isSettled: () => true,
  });
  const programs = createPrograms(options.programs, {
    clock,
    audit: { ran() {}, adopted() {} },
    enqueue: shell.enqueue,
  });

  function perform(effect: Decision['effects'][number]): void {
    switch (effect.kind) {
      case 'start_call':
        return programs.start(effect.call);
      case 'cancel_call':
        return programs.cancel(effect.call_id);
      case 'answer_call':
      case 'stop_begun':
        return undefined;
      case 'push_news':
        return hop(() => push(effect.news));
      default:
        throw broken('R14', `Nobody wanted this: ${effect.kind}.`, clock.now);
    }
  }

  /** As the activity does it: it leaves out what was told meanwhile, and tries for a while if the harness is away. */
  function push(news: PushedNews[], attempt = 1): void {
    const told = new Set(log.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : [])));
    const of = news.flatMap(({ seq }) => (told.has(seq) ? [] : seq));
    const isTaken = of.length > 0 && options.push(of);
    if (of.length > 0 && !isTaken && attempt < MOST_ATTEMPTS)
      return void clock.after(AGAIN_MS, () => push(news, attempt + 1));
    hop(() => shell.enqueue({ type: 'news_pushed', delivered: isTaken ? of : [] }));
  }

  function signal(event: Untimed): void {
    hop(() => {
      shell.enqueue(event);
      if (options.isSentTwice()) hop(() => shell.enqueue(event));
    });
  }

  /** Once it is so, or after `wait_ms`. */
  function until(isSo: () => boolean, wait_ms: number, then: () => void): void {
    const look = () => void (isSo() && end());
    const stop = clock.after(wait_ms, end);
    function end(): void {
      stop();
      if (watching.delete(look)) then();
    }
    watching.add(look);
    look();
  }

  function request(call: RequestedCall, choice: ToolChoice, asker: Asker): void {
    if (choice === 'quick' || choice === 'lost') return makeAtOnce(call, choice, asker);
    signal({ type: 'request_call', call });
    answer(call.call_id, asker);
  }

  /** Without a workflow, if it ends within the grace time and there is room (R9). */
  function makeAtOnce(call: RequestedCall, choice: ToolChoice, asker: Asker): void {
    const { call_id } = call;
    const known = quick.get(call_id);
    if (known?.end) return answerAtOnce(call_id, [asker]);
    if (known && !known.isHandedOver) return void known.askers.push(asker);
    const underWay = [...quick.values()].filter(({ end, isHandedOver }) => !end && !isHandedOver);
    if (!known && underWay.length >= limits.max_running) {
      signal({ type: 'request_call', call });
      return answer(call_id, asker);
    }
    const made: { end?: CallEnd; askers: Asker[]; isHandedOver?: true } = { askers: [asker] };
    quick.set(call_id, made);
    const { after, type } = options.programs[quick.size % options.programs.length]!.end;
    if (known || type === 'never' || after > limits.grace_ms) {
      clock.after(limits.grace_ms, () => {
        made.isHandedOver = true;
        signal({ type: 'request_call', call, begun: true });
        for (const one of made.askers) suspend(call_id, one);
      });
      return;
    }
    clock.after(after, () => {
      made.end = endOf(type);
      if (choice === 'lost') {
        // The process that made it is gone before the conversation has heard of it. The next one hands it over.
        delete made.end;
        made.isHandedOver = true;
        signal({ type: 'request_call', call, begun: true });
        answerAtOnce(call_id, made.askers);
      } else {
        record(call, made.end, !asker.isGone());
        answerAtOnce(call_id, made.askers);
      }
    });
  }

  function answerAtOnce(call_id: string, askers: Asker[]): void {
    for (const one of askers) one.reply({ kind: 'answer', call_id, results: [], isOver: true });
  }

  function record(call: RequestedCall, end: CallEnd, isSent: boolean): void {
    if (ended.length === 0) {
      clock.after(TOGETHER_MS, () => {
        const calls = ended;
        ended = [];
        signal({ type: 'record_calls', calls });
      });
    }
    ended.push({ call, end, ...(isSent && { delivered: true as const }) });
  }

  /** With its result, if it is over within the grace time. */
  function answer(call_id: string, asker: Asker): void {
    if (plan.hears === 'proxied') return output(call_id, asker);
    const soFar = () => broughtBy(call_id);
    until(
      () => soFar().state !== 'working',
      limits.grace_ms,
      () => {
        const { state, results } = soFar();
        if (state === 'working') return suspend(call_id, asker);
        if (!asker.isGone()) signal({ type: 'deliver', of: results.map(({ n }) => n) });
        return asker.reply({ kind: 'answer', call_id, results });
      },
    );
  }

  /** What a model behind the proxy is given as the output of its call: all that there is, over or not. */
  function output(call_id: string, asker: Asker): void {
    const soFar = () => broughtBy(call_id);
    until(
      () => soFar().state !== 'working',
      limits.grace_ms,
      () => {
        const { results } = soFar();
        const untold = results.filter(({ n }) => !receiptsOf(n).includes('delivered'));
        if (untold.length > 0) signal({ type: 'deliver', of: untold.map(({ n }) => n) });
        asker.reply({ kind: 'answer', call_id, results });
      },
    );
  }

  function broughtBy(call_id: string): Answer {
    const answer = answerOfCall({ conversation: name, call_id }, log);
    for (const { n } of answer.results) {
      const entry = log[n - 1]!;
      if (
        entry.kind !== 'conversation.closed' &&
        !('call_id' in entry && entry.call_id === call_id)
      )
        throw broken('R5', `The answer to ${call_id} has ${n}, which is of another.`, clock.now);
    }
    return answer;
  }

  function suspend(call_id: string, asker: Asker): void {
    if (plan.hears === 'proxied') return output(call_id, asker);
    const isLogged = () =>
      log.some((entry) => entry.kind === 'call.requested' && entry.call_id === call_id);
    until(isLogged, LOGGED_MS, () => {
      const { results } = broughtBy(call_id);
      const after = cursorOf({ log, head }, results);
      asker.reply({ kind: 'suspended', call_id, results, after });
    });
  }

  function nextResults(after: number, wait_ms: number, asker: Asker): void {
    if (after > 0) signal({ type: 'acknowledge', to: after });
    const results = () => resultsAfter({ log, head }, after);
    const isThere = () => shell.state.closed || results().length > 0 || isOver();
    until(isThere, wait_ms, () => {
      for (const { n } of results()) {
        if (n <= after) throw broken('R8', `${n} is told again after ${after}.`, clock.now);
        if (receiptsOf(n).includes('delivered'))
          throw broken('R8', `${n} was delivered, and is told again.`, clock.now);
      }
      asker.reply({ kind: 'results', results: results() });
    });
  }

  const isOver = () => log.length > 0 && isAtRest(log, { isBusy: false, isExternal: true });

  const receiptsOf = (n: number) =>
    log.flatMap((entry) => (entry.kind === 'receipt' && entry.of.includes(n) ? entry.fate : []));

  return {
    shell,
    log,
    head,
    programs,
    signal,
    request,
    record,
    nextResults,
    receiptsOf,
  };
}

function endOf(type: Program['end']['type']): CallEnd {
  if (type === 'failed') return { type, error: { type: 'Failed', message: '' } };
  return { type: 'completed', result: null };
}
