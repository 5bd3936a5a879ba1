/** The gateway to a Temporal server. */
import {
  Client,
  type ConnectionLike,
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import {
  ApplicationFailure,
  type DataConverter,
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
} from '@temporalio/common';
import {
  CALL_SIGNALS,
  callWorkflowId,
  type ConversationKey,
  conversationWorkflowId,
  SEARCH_ATTRIBUTES,
  settleWorkflowId,
  SIGNALS,
  TASK_QUEUE,
  UPDATES,
} from '../contract/names.ts';
import type { ConversationStart } from '../contract/signals.ts';
import { forgetWorkflows } from './forget-workflows.ts';
import { type Decided, type Gateway, GatewayUnavailable, type Sent } from './gateway.ts';

export interface TemporalGatewayOptions {
  /** Called at the first request, and at each further one until it succeeds. */
  connect(): Promise<ConnectionLike>;
  namespace: string;
  taskQueue?: string;
  dataConverter?: DataConverter | undefined;
  /** How long the server may take to answer, retries included. Milliseconds; default 5,000. */
  deadline_ms?: number;
}

export interface TemporalGateway extends Gateway {
  disconnect(): Promise<void>;
}

/** The gateway works without a server: requests then fail with GatewayUnavailable. */
export function createTemporalGateway(options: TemporalGatewayOptions): TemporalGateway {
  const { namespace, dataConverter, deadline_ms = 5_000 } = options;
  const taskQueue = options.taskQueue ?? TASK_QUEUE;
  let connecting: Promise<Client> | undefined;
  const connect = () =>
    (connecting ??= options.connect().then(
      (connection) => new Client({ connection, namespace, dataConverter }),
      (cause: unknown) => {
        connecting = undefined;
        throw new GatewayUnavailable('Temporal cannot be reached.', { cause });
      },
    ));

  const call = async <T>(request: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connect();
    try {
      return await client.withDeadline(Date.now() + deadline_ms, () => request(client));
    } catch (error) {
      throw isUnavailable(error)
        ? new GatewayUnavailable('Temporal does not answer.', { cause: error })
        : error;
    }
  };
  const handle = (client: Client, key: ConversationKey) =>
    client.workflow.getHandle(conversationWorkflowId(key));
  const signal = (key: ConversationKey, name: string, payload: object) =>
    signalWorkflow(conversationWorkflowId(key), name, payload);
  const update = (key: ConversationKey, name: string, payload: object): Promise<Decided> =>
    call(async (client) => {
      try {
        await handle(client, key).executeUpdate(name, { args: [payload] });
        return { outcome: 'accepted' };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || endedBeforeAnswer(error)) {
          return { outcome: 'not_running' };
        }
        const refused = refusalOf(error);
        if (refused) return refused;
        throw error;
      }
    });
  const signalWorkflow = (workflowId: string, name: string, payload: object): Promise<Sent> =>
    call(async (client) => {
      try {
        await client.workflow.getHandle(workflowId).signal(name, payload);
        return 'sent';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'not_running';
        throw error;
      }
    });

  return {
    start: (start, message) =>
      call(async (client) => {
        const started = startOptions(start, taskQueue);
        try {
          if (message) {
            await client.workflow.signalWithStart(CONVERSATION, {
              ...started,
              signal: SIGNALS.message,
              signalArgs: [message],
            });
          } else {
            await client.workflow.start(CONVERSATION, started);
          }
        } catch (error) {
          // It was started before and is over. With the policies below, a running workflow is not an error.
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        }
      }),

    message: (key, message) => signal(key, SIGNALS.message, message),
    interrupt: (key, interrupt) => signal(key, SIGNALS.interrupt, interrupt),
    cancelCall: (key, cancel) => signal(key, SIGNALS.cancelCall, cancel),
    requestCall: (key, request) => signal(key, SIGNALS.requestCall, request),
    recordCalls: (key, record) => signal(key, SIGNALS.recordCalls, record),
    deliver: (key, deliver) => signal(key, SIGNALS.deliver, deliver),
    acknowledge: (key, acknowledge) => signal(key, SIGNALS.acknowledge, acknowledge),
    close: (key, close) => signal(key, SIGNALS.close, close),
    push: ({ tenant, call_id }, push) =>
      signalWorkflow(callWorkflowId(tenant, call_id), CALL_SIGNALS.push, push),

    isOver: (key) =>
      call(async (client) => {
        try {
          const { status } = await handle(client, key).describe();
          return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return true;
          throw error;
        }
      }),

    settle: (key, evenIfLost) =>
      call(async (client) => {
        // A workflow closes the log, since only workers write to it. If another caller has started that workflow, this one waits
        // for it.
        const handle = await client.workflow.start(SETTLE_CONVERSATION, {
          args: [key, evenIfLost],
          workflowId: settleWorkflowId(key),
          taskQueue,
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowTaskTimeout: '5s',
        });
        await handle.result();
      }),

    messageIfIdle: (key, message) =>
      call(async (client) => {
        try {
          await handle(client, key).executeUpdate(UPDATES.messageIfIdle, {
            args: [message],
            // Within a run, Temporal answers a repeat with the first answer.
            updateId: message.message_id,
          });
          return 'accepted';
        } catch (error) {
          if (error instanceof WorkflowNotFoundError || endedBeforeAnswer(error)) {
            return 'not_running';
          }
          if (error instanceof WorkflowUpdateFailedError) return 'busy';
          throw error;
        }
      }),

    decideCall: (key, decision) => update(key, UPDATES.decideCall, decision),
    answerCall: (key, answer) => update(key, UPDATES.answerCall, answer),

    forget: (key, callIds) => call((client) => forgetWorkflows(client, key, callIds)),

    async ready() {
      await call(({ workflowService }) => workflowService.describeNamespace({ namespace }));
    },
    async disconnect() {
      // Without a connection there is nothing to close.
      const client = await connecting?.catch(() => undefined);
      await client?.connection.close();
    },
  };
}

/** The workflow's type: the name of the function that the worker registers. */
const CONVERSATION = 'conversation';
const SETTLE_CONVERSATION = 'settleConversation';

const tenantKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.tenant, SearchAttributeType.KEYWORD);
const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);

const startOptions = (start: ConversationStart, taskQueue: string) =>
  ({
    args: [start],
    workflowId: conversationWorkflowId(start.conversation),
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
    // R15: closed is final.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    typedSearchAttributes: new TypedSearchAttributes([
      { key: tenantKey, value: start.conversation.tenant },
      { key: statusKey, value: 'idle' },
    ]),
    // After a kill in the middle of a task, the next worker waits this long before it takes the task over.
    workflowTaskTimeout: '5s',
    // Its calls and activities inherit it.
    priority: { fairnessKey: fairnessKeyOf(start.conversation) },
    staticSummary: start.replies ? `calls of ${start.agent}` : `conversation with ${start.agent}`,
  }) satisfies WorkflowStartOptions;

/**
 * A server with `matching.enableFairness` gives each tenant its share of the workers when tasks wait in a queue; others ignore the key.
 * It has room for 64 bytes: the few tenants with longer names that end alike would share one.
 */
const fairnessKeyOf = ({ tenant }: ConversationKey) => tenant.slice(-64);

/** The outcome of a decision or an answer that the workflow's validator refused, since its call does not wait for it. */
function refusalOf(error: unknown): Decided | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const { type, message } = cause;
  if (type === 'CallNotFound') return { outcome: 'not_found', message };
  if (type === 'CallNotAwaiting' || type === 'CallNotAsking')
    return { outcome: 'not_awaiting', message };
  return undefined;
}

/** The workflow ended between accepting the update and completing it. */
const endedBeforeAnswer = (error: unknown) =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === 'AcceptedUpdateCompletedWorkflow';

/** Any error that gRPC itself reports and that is not an answer about the workflow. */
const isUnavailable = (error: unknown) =>
  error instanceof ServiceError ||
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  isGrpcServiceError(error);
