import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { CallStart } from '../contract/call.ts';
import type { InHand, Journal } from './journal.ts';

/** Writes each activity to the journal as it begins. */
export const journalled =
  (journal: Pick<Journal, 'begin'>): ActivityInterceptorsFactory =>
  ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const { workflowId, runId } = info.workflowExecution!;
        const work: InHand = {
          workflow: { id: workflowId, run: runId },
          ...(!info.isLocal && { token: info.base64TaskToken }),
          ...(info.activityType === 'runTool' && { call: callOf(input.args[0] as CallStart) }),
        };
        const ended = journal.begin(work);
        try {
          return await next(input);
        } finally {
          ended();
        }
      },
    },
  });

const callOf = ({ conversation, call_id, tool }: CallStart) => ({ conversation, call_id, tool });
