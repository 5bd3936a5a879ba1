/**
 * Looks regularly for conversations and calls that an operator has terminated, or that failed. A separate workflow settles each of them
 * (workflows/settle.ts). It is started once, so any number of workers may look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { DefaultLogger } from '@temporalio/worker';
import { readPayload } from '../activities/log/read-payload.ts';
import { callWorkflowId, settleCallWorkflowId, settleWorkflowId } from '../contract/names.ts';
import type { CallStart } from '../contract/call.ts';
import type { Store } from '../store/store.ts';

export interface WatchForGoneOptions {
  client: Client;
  store: Pick<Store, 'writer'>;
  taskQueue: string;
  every_ms?: number;
  warn?(message: string, error: unknown): void;
}

export interface GoneWatch {
  close(): Promise<void>;
}

const EVERY_MS = 5_000;
/** Temporal's list lags a little behind. Milliseconds. */
const OVERLAP_MS = 120_000;

const logger = new DefaultLogger('WARN');

export function watchForGone(options: WatchForGoneOptions): GoneWatch {
  const { every_ms = EVERY_MS, warn = complain } = options;
  const closing = new AbortController();
  /** Run ids in the period being looked at that are already being settled. */
  const known = new Set<string>();

  async function run(): Promise<void> {
    // The first look covers everything that Temporal still has, since perhaps no worker has looked for days. Later ones go by Temporal's
    // clock, because that of this host may be wrong.
    let newest: Date | undefined;
    let isAway = false;
    while (!closing.signal.aborted) {
      try {
        newest = await look(options, newest, known, closing.signal);
        isAway = false;
      } catch (error) {
        if (!isAway && !closing.signal.aborted)
          warn('The search for ended workflows failed.', error);
        isAway = true;
      }
      await sleep(every_ms, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

const complain = (message: string, error: unknown) => logger.error(message, { error });

/**
 * @param newest close time of the latest workflow that was found before
 * @returns the same after this look
 */
async function look(
  { client, store, taskQueue }: WatchForGoneOptions,
  newest: Date | undefined,
  known: Set<string>,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const query = [
    `TaskQueue = '${taskQueue}'`,
    `WorkflowType IN ('conversation', 'call')`,
    `ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')`,
    ...(newest ? [`CloseTime >= '${before(newest).toISOString()}'`] : []),
  ].join(' AND ');
  const found = new Set<string>();
  let latest = newest;
  for await (const { workflowId, runId, type, closeTime } of client.workflow.list({ query })) {
    signal.throwIfAborted();
    found.add(runId);
    if (closeTime && (!latest || closeTime > latest)) latest = closeTime;
    if (known.has(runId)) continue;
    const settle = type === 'call' ? settleCall : settleConversation;
    await settle({ client, store, taskQueue }, workflowId, runId);
    known.add(runId);
  }
  for (const runId of known) if (!found.has(runId)) known.delete(runId);
  return latest;
}

const before = (moment: Date) => new Date(moment.getTime() - OVERLAP_MS);

type At = Pick<WatchForGoneOptions, 'client' | 'store' | 'taskQueue'>;

async function settleConversation(
  { client, store, taskQueue }: At,
  workflowId: string,
  runId: string,
): Promise<void> {
  const [, tenant, id] = /^conversation\/([^/]+)\/(.+)$/.exec(workflowId) ?? [];
  if (tenant === undefined || id === undefined) return;
  const key = { tenant, id };
  const held = await store.writer(key);
  // A run that was ended before its own end was committed may have closed the log without the last messages.
  if (!held || (held.status === 'closed' && held.run_id !== runId)) return;
  await client.workflow
    .start('settleConversation', {
      taskQueue,
      args: [key],
      workflowId: settleWorkflowId(key),
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: '5s',
    })
    .catch(unlessStarted);
}

async function settleCall({ client, taskQueue }: At, workflowId: string, runId: string) {
  const start = await startOfCall(client, workflowId, runId);
  if (!start || callWorkflowId(start.conversation.tenant, start.call_id) !== workflowId) return;
  await client.workflow
    .start('settleCall', {
      taskQueue,
      args: [start],
      workflowId: settleCallWorkflowId(start.conversation.tenant, start.call_id, runId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: '5s',
    })
    .catch(unlessStarted);
}

function unlessStarted(error: unknown): void {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
}

/** The call's input is in the first event of its history. */
async function startOfCall(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<CallStart | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const input = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (!input) return undefined;
  const start: Partial<CallStart> | undefined = await readPayload(client, input);
  return start?.conversation && start.call_id !== undefined ? (start as CallStart) : undefined;
}
