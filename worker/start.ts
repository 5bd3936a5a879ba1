/** The composition root of the worker. */
import { Client } from '@temporalio/client';
import {
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  Runtime,
  type WorkerOptions as TemporalWorkerOptions,
} from '@temporalio/worker';
import { createCallServer } from '../activities/call/call-server.ts';
import { isDead, ownIdentity } from '../activities/call/holder-identity.ts';
import { createHolder } from '../activities/call/holder.ts';
import { createLiveCalls, type LiveCalls } from '../activities/call/live-calls.ts';
import { createQuickRunner } from '../activities/call/quick.ts';
import { createToolPlaces, withPlaces } from '../activities/call/tool-places.ts';
import type { Settings } from '../config.ts';
import { conversationWorkflowId, SIGNALS, TASK_QUEUE } from '../contract/names.ts';
import type { QuickRunner } from '../contract/quick.ts';
import { temporalConnection } from '../contract/temporal-connection.ts';
import { dataConverterOf, keyringOf } from '../security/encryption/open.ts';
import { serviceSecretOf } from '../security/remote/secret.ts';
import { patient } from '../store/patient.ts';
import { isRemote } from '../tools/define.ts';
import { createSpools, type Spools } from '../tools/keeper/spools.ts';
import { spoolRoot, sweepRegularly } from '../tools/keeper/sweep.ts';
import { createActivities } from './activities.ts';
import { askingOf, createSpeculation, type CountedGuesses } from './asking.ts';
import { workflowBundle } from './bundle.ts';
import { callState } from './call-state.ts';
import { claimIn } from './claim-host.ts';
import { promoteFirst, versioned } from './deployment.ts';
import { joinSuccession } from './succession.ts';
import { createResetNotices } from './notice-resets.ts';
import { watchForGone } from './watch-for-gone.ts';
import { installRuntime } from './runtime.ts';
import type { WorkerOptions } from './options.ts';
import { checkRetention, retainRegularly } from './retention.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { leanOptions } from './sandbox/index.ts';
import { hasEndedIn, stopEndedRegularly } from './stop-ended.ts';
import { sweepErasedRegularly } from './sweep-erased.ts';
import { createWorkers, type WorkLimits } from './workers.ts';

export interface RunningWorker {
  /** Undefined when it is switched off. */
  speculation?: CountedGuesses;
  /** Rejects when the worker stops unexpectedly. */
  failed: Promise<never>;
  /** Makes calls of MCP servers ahead of their workflow. */
  quick: QuickRunner;
  /** Resolves when the Temporal server answers. @throws when it does not */
  ready(): Promise<void>;
  /** Takes no new work, hands over at once the calls that can resume, and the rest after MEANWHILE_DRAIN_MS. */
  close(): Promise<void>;
}

/** Connects, registers the search attributes, and polls until closed. */
export async function startWorker(given: WorkerOptions): Promise<RunningWorker> {
  const options = { ...given, store: patient(given.store) };
  const { settings, address, taskQueue = TASK_QUEUE, home, sinks } = options;
  const { TEMPORAL_NAMESPACE: namespace, MEANWHILE_DRAIN_MS: drain_ms } = settings;
  const { MEANWHILE_BUILD_ID: buildId } = settings;
  const { client: clientInterceptors, ...interceptors } = options.interceptors ?? {};
  const pushSecret = await serviceSecretOf(settings);
  installRuntime();
  const connection = await NativeConnection.connect(temporalConnection(address));
  const keyring = keyringOf(settings);
  const dataConverter = dataConverterOf(keyring);
  const client = new Client({
    connection,
    namespace,
    dataConverter,
    interceptors: clientInterceptors,
  });
  const { logger } = Runtime.instance();
  const warn = (message: string, facts: object) => logger.warn(message, { ...facts });
  const spools = createSpools({ root: spoolRoot(home), claim: claimIn(options.store, warn) });
  const calls = await createCalls(options, client, spools, warn);
  const asking = askingOf(options);
  const speculation = settings.MEANWHILE_SPECULATE ? createSpeculation(asking) : undefined;
  const activities = createActivities({
    ...options,
    asking,
    guesses: speculation,
    client,
    pushSecret,
    spools,
    calls,
  });
  const resets = createResetNotices({ client, store: options.store, warn });
  const limits: WorkLimits = {
    replies: settings.MEANWHILE_MAX_REPLIES,
    tools: settings.MEANWHILE_MAX_TOOLS,
    errands: settings.MEANWHILE_MAX_ERRANDS,
  };
  const places = createToolPlaces({
    limit: limits.tools,
    store: options.store,
    bus: options.bus,
    stateOf: (call) => callState(client, call),
    warn: (message, error) => warn(message, { error }),
  });
  const isLocal = (name: string) => {
    const tool = options.catalogue.tools.get(name);
    return tool ? !isRemote(tool) : options.catalogue.servers?.owns(name) === true;
  };
  // First of all: while this worker starts, its predecessor's work is made ready for it.
  const succession = await joinSuccession({
    home,
    namespace,
    client,
    takenOver: (work) => work.forEach(({ call }) => call && places.expect(call)),
    warn: (message, error) => warn(message, { error }),
  });
  const stuck = Promise.withResolvers<never>();
  stuck.promise.catch(() => {});
  const begin = async () => {
    await registerSearchAttributes(connection, namespace);
    await checkRetention(settings, connection, namespace);
    const bundle =
      options.bundle ?? (await workflowBundle(home, { isSealed: keyring !== undefined }));
    const temporal = {
      connection,
      identity: succession.identity,
      namespace,
      taskQueue,
      ...versioned(buildId),
      workflowBundle: bundle,
      dataConverter,
      interceptors: {
        ...interceptors,
        activity: [succession.interceptor, ...(interceptors.activity ?? [])],
      },
      sinks: { ...resets.sinks, ...sinks },
      activities: withPlaces(activities, places, isLocal),
      // After a kill the next worker waits this long before it takes a conversation over.
      stickyQueueScheduleToStartTimeout: '1s',
      // A cancellation travels on a heartbeat, so it arrives at most this late.
      maxHeartbeatThrottleInterval: '200ms',
      defaultHeartbeatThrottleInterval: '200ms',
      shutdownGraceTime: drain_ms,
      // A task that cannot end, for example because the store is unavailable, is left to another worker.
      shutdownForceTime: drain_ms + FORCE_MS,
      reuseV8Context: true,
    } satisfies TemporalWorkerOptions;
    const { reject: failed } = stuck;
    return createWorkers(
      temporal,
      limits,
      leanOptions(bundle, {
        home,
        stackTraces: settings.MEANWHILE_STACK_TRACES,
        logger,
        failed,
      }),
    );
  };
  const workers = await begin().catch(async (error: unknown) => {
    await succession.close();
    await calls.close();
    await connection.close();
    throw error;
  });
  const sweeping = sweepRegularly({
    root: spoolRoot(home),
    keep_ms: settings.MEANWHILE_SPOOL_HOURS * 3_600_000,
    isInUse: spools.isInUse,
  });
  const sweepingErased = sweepErasedRegularly({
    root: spoolRoot(home),
    store: options.store,
    isInUse: spools.isInUse,
    warn: (message, error) => warn(message, { error }),
  });
  const stoppingEnded = stopEndedRegularly({
    root: spoolRoot(home),
    isInUse: spools.isInUse,
    hasEnded: hasEndedIn(client),
    warn,
  });
  const { MEANWHILE_RETENTION_DAYS: days, MEANWHILE_ARCHIVE: archive } = settings;
  const retaining =
    days !== undefined &&
    retainRegularly({
      store: options.store,
      days,
      archive,
      keyring,
      info: (message) => logger.info(message),
      warn: (message, error) => warn(message, { error }),
    });
  const running = workers.run();
  const closing = new AbortController();
  const promoted =
    buildId &&
    promoteFirst(client, buildId, {
      signal: closing.signal,
      warn: (message, error) => warn(message, { error }),
    });
  const watching = watchForGone({
    client,
    store: options.store,
    taskQueue,
    warn: (message, error) => warn(message, { error }),
  });
  return {
    ...(speculation && { speculation }),
    quick: createQuickRunner({
      ...options,
      spools,
      spoolRoot: spoolRoot(home),
      alone: isAlone(settings),
      warn,
    }),
    failed: Promise.race([running.then(() => new Promise<never>(() => {})), stuck.promise]),
    async ready() {
      await client.workflowService.getSystemInfo({});
    },
    async close() {
      closing.abort();
      workers.shutdown();
      // After the shutdown, or this process would take the calls again.
      calls.handOver();
      await running.catch(unlessOverdue);
      places.close();
      await succession.close();
      clearInterval(sweeping);
      clearInterval(sweepingErased);
      clearInterval(stoppingEnded);
      if (retaining) await retaining.close();
      await watching.close();
      await resets.close();
      await promoted;
      await calls.close();
      await connection.close();
    },
  };
}

/** How long work may take to end after its grace time. */
const FORCE_MS = 5_000;

async function createCalls(
  { store, ...options }: WorkerOptions,
  client: Client,
  spools: Spools,
  warn: (message: string, facts: object) => void,
): Promise<LiveCalls> {
  const holder = createHolder({
    store,
    alone: isAlone(options.settings),
    who: await ownIdentity(),
    isDead,
    warn: (message, error) => warn(message, { error }),
  });
  return createLiveCalls({
    ...options,
    store,
    holder,
    server: createCallServer(client),
    spools,
    signalConversation: (conversation, event) =>
      client.workflow
        .getHandle(conversationWorkflowId(conversation))
        .signal(SIGNALS.callEvent, event),
  });
}

/** The embedded store belongs to the process that has locked its home. */
const isAlone = ({ DATABASE_URL }: Settings) => DATABASE_URL === undefined;

/** Work that was cut off is not lost: Temporal gives it to the next worker. */
function unlessOverdue(error: unknown): void {
  if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
}
