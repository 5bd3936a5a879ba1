/** Workflow code: says when a run is about to continue as new. The worker hears of it before Temporal does. */
import { proxySinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

export interface FaultSinks extends Record<string, Record<string, () => void>> {
  faults: { continueAsNew: () => void };
}

const { faults } = proxySinks<FaultSinks>();

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      continueAsNew(input, next) {
        faults.continueAsNew();
        return next(input);
      },
    },
  ],
});
