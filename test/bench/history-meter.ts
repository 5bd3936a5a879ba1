import type { Client } from '@temporalio/client';

export interface Grown {
  bytes: number;
  events: number;
}

export interface HistoryMeter {
  /** What the workflow has written so far, all of its runs together. */
  total(): Promise<Grown>;
  /** What each of its runs has, the last one so far. */
  runs(): Grown[];
}

/** Measures the history of a workflow that continues as new. Ask often enough that no run begins and ends in between. */
export function createHistoryMeter(client: Client, workflowId: string): HistoryMeter {
  const runs = new Map<string, Grown>();

  async function measure(runId?: string): Promise<string> {
    const found = await client.workflow.getHandle(workflowId, runId).describe();
    runs.set(found.runId, { bytes: found.historySize ?? 0, events: found.historyLength });
    return found.runId;
  }

  return {
    async total() {
      const last = [...runs.keys()].at(-1);
      const current = await measure();
      // It grew until it was continued.
      if (last !== undefined && last !== current) await measure(last);
      return [...runs.values()].reduce(add, { bytes: 0, events: 0 });
    },
    runs: () => [...runs.values()],
  };
}

const add = (a: Grown, b: Grown): Grown => ({
  bytes: a.bytes + b.bytes,
  events: a.events + b.events,
});
