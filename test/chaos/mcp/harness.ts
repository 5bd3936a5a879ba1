/**
 * A harness with a model of its own, behind a proxy: it calls tools, does as the answers say, acknowledges what it is told, and comes
 * back with all it knows when its proxy has died. One thread, one conversation.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HarnessCall, HarnessEvidence, ToldResults } from '../evidence.ts';
import type { Random } from '../random.ts';
import type { McpSite } from './site.ts';
import { linkTo, ProxyGone, type ProxyLink, RefusedRequest, TimedOut } from './proxy-link.ts';
import { UPSTREAM_TOOLS, type UpstreamServer } from './upstream-tools.ts';
import { callIn, isPassing, nextIn, resultsIn, textOf, wasCall } from './answers.ts';

export interface HarnessOptions {
  id: string;
  has: HarnessEvidence['has'];
  server: UpstreamServer;
  /** Of the service that is one process: most of its calls end within the grace time. */
  isAtOnce: boolean;
  site: Pick<McpSite, 'openProxy'>;
  random: Random;
  /** Its conversation is known. Called once. */
  found(conversation: string): void;
  /** What no harness has to expect. */
  surprise(words: string): void;
  /** No more calls are begun. */
  isEnding(): boolean;
  /** It gives up. */
  signal: AbortSignal;
}

export interface Harness {
  evidence: HarnessEvidence;
  /** Whether a call is under way, as far as it knows. */
  readonly isBusy: boolean;
  /** Resolves when it knows the end of all its calls, or has given up. */
  live(): Promise<void>;
}

/** What it calls itself. */
export const CLIENT = 'harness';

/** How long a harness waits for an answer; an impatient one asks again soon. Milliseconds. */
const PATIENCE_MS = { 20_000: 70, 700: 30 };
/**
 * How long nothing may be heard of its calls, once it makes no more. Milliseconds. The tool works for 20 s at most, and a call that may be
 * repeated does so up to four times. All calls together may take longer: they wait for places, and faults go on meanwhile. The run has a
 * limit of its own.
 */
const SILENCE_MS = 120_000;

export function createHarness(options: HarnessOptions): Harness {
  const { id, has, server, isAtOnce, site, random, signal } = options;
  const calls: HarnessCall[] = [];
  const told: ToldResults[] = [];
  const ids = new Map<HarnessCall, string>();
  const running = new Set<Promise<void>>();
  let link: ProxyLink | undefined;
  let conversation: string | undefined;
  let cursor = 0;
  let heardAt = Date.now();
  /** Calls whose request was given up. */
  const hungUp = new Set<HarnessCall>();

  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: CLIENT, version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      ...(has === 'tasks' && { extensions: { 'io.modelcontextprotocol/tasks': {} } }),
    },
  };

  /** Until there is an answer. The ids of the thread and of the call make a repeat the same call. */
  async function insist(
    method: string,
    params: object,
    { meta = {}, again = () => {} }: { meta?: object; again?: (hasHungUp: boolean) => void } = {},
  ): Promise<any> {
    for (;;) {
      signal.throwIfAborted();
      if (!link?.isOpen) link = linkTo(site.openProxy(server, isAtOnce));
      const patience = Number(random.weighted(PATIENCE_MS));
      let hasHungUp = false;
      try {
        const whole = { ...params, _meta: { ...envelope, threadId: id, ...meta } };
        const result = await link.request(method, whole, patience);
        if (!result.isError || !isPassing(textOf(result))) return result;
      } catch (error) {
        const isExpected =
          error instanceof ProxyGone ||
          error instanceof TimedOut ||
          (error instanceof RefusedRequest && isPassing(error.message));
        if (!isExpected) throw error;
        hasHungUp = error instanceof TimedOut;
      }
      await sleep(random.between(50, 800), undefined, { signal });
      again(hasHungUp);
    }
  }

  const callTool = (name: string, input: object, how?: Parameters<typeof insist>[2]) =>
    insist('tools/call', { name, arguments: input }, how);

  function knows(of: string | undefined): void {
    if (of === undefined || conversation !== undefined) return;
    conversation = of;
    options.found(of);
  }

  async function makeCall(isShort: boolean = isAtOnce && random.chance(0.75)): Promise<void> {
    const tool = random.pick(Object.keys(UPSTREAM_TOOLS) as [string]);
    const key = `${id}.${calls.length + 1}`;
    const call: HarnessCall = { key, server, tool, requests: 1, asked_at: Date.now() };
    calls.push(call);
    const input = isShort
      ? { key, count: random.whole(1, 3), pause_ms: random.whole(0, 60) }
      : {
          key,
          count: random.whole(1, Number(random.weighted({ 4: 30, 12: 50, 40: 20 }))),
          pause_ms: random.whole(30, 500),
        };
    const meta = has === 'tasks' ? { 'claudecode/toolUseId': key } : { callId: key };
    const result = await callTool(tool, input, {
      meta,
      again(hasHungUp) {
        call.requests += 1;
        if (hasHungUp) hungUp.add(call);
      },
    });
    const name = result.resultType === 'task' ? result.taskId : callIn(textOf(result));
    if (name === undefined) return answered(call, result);
    ids.set(call, name);
    if (result.resultType === 'task') return followTask(call, name);
    suspended(call, result);
  }

  function answered(call: HarnessCall, result: any): void {
    const text = textOf(result);
    const isError = result.isError === true;
    call.conversation = result._meta?.meanwhile?.conversation_id;
    if (call.conversation === undefined || (isError && !wasCall(text)))
      return options.surprise(`${call.key} was answered: ${text}`);
    knows(call.conversation);
    call.answer = { text, isError, at: Date.now() };
  }

  function suspended(call: HarnessCall, result: any): void {
    const text = textOf(result);
    const next = nextIn(text);
    if (!next) return options.surprise(`${call.key} was answered: ${text}`);
    call.conversation = next.conversation_id;
    knows(next.conversation_id);
    hears({ conversation: next.conversation_id, results: resultsIn(text), at: Date.now() });
    cursor = Math.max(cursor, next.after);
  }

  function hears(one: ToldResults): void {
    if (one.results.length === 0) return;
    heardAt = one.at;
    told.push(one);
  }

  async function followTask(call: HarnessCall, taskId: string): Promise<void> {
    for (;;) {
      await sleep(random.between(200, 1_200), undefined, { signal });
      const task = await insist('tasks/get', { taskId });
      if (task.status === 'completed') return answered(call, task.result);
      if (task.status === 'cancelled') {
        // A proxy that starts slowly sees only the end of the request, and takes giving up so soon for a person's cancel.
        if (hungUp.has(call)) call.isCancelled = true;
        if (!call.isCancelled) options.surprise(`${call.key} was cancelled by nobody.`);
        return;
      }
      if (task.status !== 'working') return options.surprise(`${call.key} is ${task.status}.`);
    }
  }

  /** @returns whether more may come */
  async function askForResults(wait_seconds: number): Promise<boolean> {
    const from = conversation!;
    const after = cursor;
    const result = await callTool('next_results', { conversation_id: from, after, wait_seconds });
    const text = textOf(result);
    const results = resultsIn(text);
    hears({ conversation: from, after, results, at: Date.now() });
    cursor = Math.max(cursor, ...results.map(({ n }) => n));
    return nextIn(text) !== undefined;
  }

  async function cancelOne(): Promise<void> {
    const open = calls.find((call) => ids.has(call) && !call.answer && !call.isCancelled);
    if (!open) return;
    open.isCancelled = true;
    const name = ids.get(open)!;
    if (has === 'tasks') await insist('tasks/cancel', { taskId: name });
    else await callTool('cancel_call', { conversation_id: conversation, call_id: name });
  }

  function begin(work: Promise<void>): void {
    heardAt = Date.now();
    const own: Promise<void> = work
      .catch((error: Error) => {
        if (!signal.aborted) options.surprise(error.message);
      })
      .finally(() => {
        heardAt = Date.now();
        running.delete(own);
      });
    running.add(own);
  }

  async function live(): Promise<void> {
    for (let left = random.whole(3, 9); left > 0 && !options.isEnding(); left -= 1) {
      const action = random.weighted({ call: 60, ask: 30, cancel: 10 });
      if (action === 'call') begin(makeCall());
      if (action === 'cancel') begin(cancelOne());
      if (action === 'ask' && has === 'no tasks' && conversation !== undefined)
        await askForResults(random.whole(0, 3));
      await sleep(random.between(0, 3_000), undefined, { signal });
    }
    // Nothing is killed any more, so even the shortest run has a call that ends within the grace time.
    if (isAtOnce && options.isEnding()) begin(makeCall(true));
    const isSilent = () => Date.now() > heardAt + SILENCE_MS;
    while (running.size > 0 && !isSilent()) {
      await Promise.race([...running, sleep(1_000)]);
    }
    if (has === 'no tasks' && conversation !== undefined) {
      while ((await askForResults(5)) && !isSilent());
      // What came last is acknowledged too.
      await askForResults(0);
    }
  }

  return {
    evidence: { id, has, ...(isAtOnce && { isAtOnce }), calls, told },
    get isBusy() {
      return running.size > 0 || calls.some((call) => ids.has(call) && !call.answer);
    },
    live: () => live().finally(() => link?.close()),
  };
}
