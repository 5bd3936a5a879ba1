/** What a run has left behind, from everywhere that remembers: the API, Temporal's histories, the ledger, the processes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { Meanwhile } from '../../client/meanwhile.ts';
import type { Entry } from '../../contract/entry.ts';
import {
  callWorkflowId,
  conversationWorkflowId,
  DEFAULT_TENANT,
  SIGNALS,
} from '../../contract/names.ts';
import type {
  CallEndedSignal,
  CallEventSignal,
  InterruptSignal,
  MessageSignal,
} from '../../contract/signals.ts';
import type { ConversationEvidence, FaultEvidence, LedgerLine, Undone } from './evidence.ts';
import type { ChaosTalk } from './workload.ts';

/** A busy machine takes a while, and a whole run is lost without an answer. Milliseconds. */
const CONNECT_MS = 120_000;

export interface FollowedTalk extends Pick<ChaosTalk, 'id' | 'follower'> {
  isExternal?: true;
}

export async function collectConversations(
  client: Meanwhile,
  temporalAddress: string,
  { talks, faults }: { talks: FollowedTalk[]; faults: FaultEvidence[] },
): Promise<ConversationEvidence[]> {
  const connection = await Connection.connect({
    address: temporalAddress,
    connectTimeout: CONNECT_MS,
  });
  const temporal = new Client({ connection });
  try {
    const evidence: ConversationEvidence[] = [];
    for (const { id, follower, isExternal } of talks) {
      const { last_seq: _, ...head } = await client.get(`/v1/conversations/${id}`);
      const entries = await allEntries(client, id);
      evidence.push({
        id,
        ...(isExternal && { isExternal, quick: await withoutWorkflow(temporal, entries) }),
        entries,
        followed: [...follower.entries],
        cancelled: [...follower.cancelled].map(([call_id, at]) => ({ call_id, at })),
        isOver: follower.isOver,
        head,
        ...(await signalsOf(temporal, id)),
        undone: await undoneIn(
          temporal,
          faults.filter(({ operation }) => operation?.conversation === id),
        ),
      });
    }
    return evidence;
  } finally {
    await connection.close();
  }
}

/** Ids of the calls whose workflows still run. */
export async function runningCalls(temporalAddress: string): Promise<string[]> {
  const connection = await Connection.connect({
    address: temporalAddress,
    connectTimeout: CONNECT_MS,
  });
  try {
    const query = `WorkflowType = 'call' AND ExecutionStatus = 'Running'`;
    const ids: string[] = [];
    for await (const { workflowId } of new Client({ connection }).workflow.list({ query }))
      ids.push(workflowId.split('/').at(-1)!);
    return ids;
  } finally {
    await connection.close();
  }
}

async function allEntries(client: Meanwhile, id: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page: { entries: Entry[]; next_after?: number } = await client.get(
      `/v1/conversations/${id}/entries?after=${after}&limit=1000`,
    );
    entries.push(...page.entries);
    after = page.next_after;
  }
  return entries;
}

/** The calls that were made at once and were over when their conversation heard of them. */
async function withoutWorkflow({ workflow }: Client, entries: Entry[]): Promise<string[]> {
  const started = entries.flatMap((entry) => (entry.kind === 'call.started' ? entry.call_id : []));
  const quick: string[] = [];
  for (const call_id of started) {
    try {
      await workflow.getHandle(callWorkflowId(DEFAULT_TENANT, call_id)).describe();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      quick.push(call_id);
    }
  }
  return quick;
}

type Signals = Pick<ConversationEvidence, 'signalled' | 'events' | 'ended'>;

async function signalsOf(temporal: Client, id: string): Promise<Signals> {
  const signalled: string[] = [];
  const events: Signals['events'] = [];
  const ended: string[] = [];
  for (const { name, payload, at } of await received(temporal, id)) {
    switch (name) {
      case SIGNALS.message:
        signalled.push((payload as MessageSignal).message_id);
        break;
      case SIGNALS.interrupt: {
        const { message } = payload as InterruptSignal;
        if (message) signalled.push(message.message_id);
        break;
      }
      case SIGNALS.callEvent: {
        const { call_id, n } = payload as CallEventSignal;
        events.push({ call_id, n, late: ended.includes(call_id), at });
        break;
      }
      case SIGNALS.callEnded:
        ended.push((payload as CallEndedSignal).call_id);
    }
  }
  return { signalled, events, ended };
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

interface Received {
  name: string;
  payload: unknown;
  at: number;
}

/** The signals that all runs of the conversation received, oldest first. */
async function received({ workflow }: Client, id: string): Promise<Received[]> {
  const workflowId = conversationWorkflowId({ tenant: DEFAULT_TENANT, id });
  const runs: Received[][] = [];
  for (let run: string | undefined = ''; run !== undefined;) {
    const history: History = await workflow.getHandle(workflowId, run || undefined).fetchHistory();
    const events = history.events ?? [];
    const signals = events.flatMap((event) => {
      const { workflowExecutionSignaledEventAttributes: signal, eventTime } = event;
      if (!signal) return [];
      const payload = read(signal.input?.payloads?.[0]?.data);
      return [{ name: signal.signalName!, payload, at: Number(eventTime!.seconds) * 1_000 }];
    });
    runs.unshift(signals);
    const started = events[0]?.workflowExecutionStartedEventAttributes;
    run = started?.continuedExecutionRunId || undefined;
  }
  return runs.flat();
}

const read = (data: Uint8Array | null | undefined): unknown =>
  data ? JSON.parse(Buffer.from(data).toString()) : undefined;

/** What stands in the runs that were reset, from the task on to which they were. A call's own reset takes nothing from its conversation. */
async function undoneIn(temporal: Client, faults: FaultEvidence[]): Promise<Undone[]> {
  const undone: Undone[] = [];
  for (const { at, operation } of faults) {
    if (operation?.does !== 'reset' || operation.call_id) continue;
    const { conversation: id, event_id, run_id } = operation;
    const workflowId = conversationWorkflowId({ tenant: DEFAULT_TENANT, id });
    const { calls, messages }: Undone = { at, calls: [], messages: [] };
    let from = event_id!;
    for (let run: string | undefined = run_id; run !== undefined; from = 0) {
      const history: History = await temporal.workflow.getHandle(workflowId, run).fetchHistory();
      const later = (history.events ?? []).filter((event) => Number(event.eventId) >= from);
      for (const event of later) {
        const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId;
        if (child) calls.push(child.split('/').at(-1)!);
        const signal = event.workflowExecutionSignaledEventAttributes;
        if (signal?.signalName === SIGNALS.message)
          messages.push((read(signal.input?.payloads?.[0]?.data) as MessageSignal).message_id);
      }
      const next = later.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
      run = next?.newExecutionRunId || undefined;
    }
    const began_at = await firstTaskAfter(temporal, workflowId, operation);
    undone.push({ at, ...(began_at && { began_at }), calls, messages });
  }
  return undone;
}

/** When the first task began that the run of such a reset completed. Until then it had not started again what the reset took back. */
async function firstTaskAfter(
  temporal: Client,
  workflowId: string,
  { run_id, event_id }: Pick<NonNullable<FaultEvidence['operation']>, 'run_id' | 'event_id'>,
): Promise<number | undefined> {
  for await (const { runId } of temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const own = events!.findIndex(
      ({ eventId, workflowTaskFailedEventAttributes: failed }) =>
        Number(eventId) === event_id && failed?.baseRunId === run_id,
    );
    if (own < 0) continue;
    const done = events!.slice(own).find((event) => event.workflowTaskCompletedEventAttributes);
    const began = done?.workflowTaskCompletedEventAttributes!.startedEventId;
    const started = events!.find(({ eventId }) => Number(eventId) === Number(began));
    if (done && started) return Number(started.eventTime!.seconds) * 1_000;
  }
  return undefined;
}

export async function readLedger(home: string): Promise<LedgerLine[]> {
  const text = await readFile(join(home, 'ledger.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LedgerLine);
}
