/** Every activity, with its dependencies. */
import type { Client } from '@temporalio/client';
import { createAnnounceCall, createWithdrawCall } from '../activities/call/announce.ts';
import { createDescribeTools } from '../activities/call/describe-tools.ts';
import type { LiveCalls } from '../activities/call/live-calls.ts';
import { createRunTool } from '../activities/call/run-tool.ts';
import { createStopProgram } from '../activities/call/stop-program.ts';
import { createReleaseSlot, createTakeSlot } from '../activities/call/take-slot.ts';
import type { Activities } from '../activities/index.ts';
import { createRecord, createRecordCommitted } from '../activities/log/record.ts';
import { createCloseGone, createFindCall } from '../activities/log/settle.ts';
import { createGenerateReply } from '../activities/reply/generate-reply.ts';
import type { Guesses } from '../activities/reply/guesses.ts';
import { createSummarise } from '../activities/reply/summarise.ts';
import { callWorkflowId } from '../contract/names.ts';
import { adaptersOf } from '../harness/push/adapters.ts';
import { createPushNews } from '../harness/push/push-news.ts';
import type { Spools } from '../tools/keeper/spools.ts';
import type { AskingParts } from './asking.ts';
import { runsOf } from './runs.ts';
import type { WorkerOptions } from './options.ts';
import { isWorkflowRunning } from './workflow-running.ts';

export interface ActivitiesOptions extends Pick<WorkerOptions, 'bus' | 'apiUrl'> {
  asking: AskingParts;
  client: Client;
  pushSecret: string;
  spools: Spools;
  calls: LiveCalls;
  guesses: Guesses | undefined;
}

export function createActivities(options: ActivitiesOptions): Activities {
  const { asking, bus, apiUrl, client, pushSecret, spools, calls, guesses } = options;
  const { settings, store, catalogue, logs } = asking;
  const runs = runsOf(client);
  const announcing = {
    settings,
    catalogue,
    pushSecret,
    publicUrl: async () => settings.MEANWHILE_PUBLIC_URL?.replace(/\/+$/, '') ?? (await apiUrl()),
  };
  return {
    record: createRecord({ store, bus, logs }),
    recordCommitted: createRecordCommitted({ store, bus, logs, ...runs }),
    findCall: createFindCall(client),
    closeGone: createCloseGone({ client, store, bus }),
    generateReply: createGenerateReply({ ...asking, bus, ...(guesses && { guesses }), ...runs }),
    summarise: createSummarise(asking),
    describeTool: createDescribeTools({ settings, catalogue }),
    announceCall: createAnnounceCall(announcing),
    withdrawCall: createWithdrawCall(announcing),
    takeSlot: createTakeSlot({
      store,
      bus,
      isCallRunning: (tenant, callId) => isWorkflowRunning(client, callWorkflowId(tenant, callId)),
    }),
    releaseSlot: createReleaseSlot({ store }),
    pushNews: createPushNews({ store, adapters: adaptersOf(settings) }),
    stopProgram: createStopProgram({ spools, catalogue }),
    runTool: createRunTool(calls),
  };
}
