import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

/** Prints what a turn costs in Temporal's history: events and bytes, and which events they are. */
export async function printHistory(
  client: Client,
  { workflowId, turns }: { workflowId: string; turns: number },
) {
  const handle = client.workflow.getHandle(workflowId);
  const { historyLength, historySize } = await handle.describe();
  const { events = [] } = await handle.fetchHistory();
  const kinds = new Map<string, { count: number; bytes: number }>();
  for (const event of events ?? []) {
    const name = String(proto.temporal.api.enums.v1.EventType[event.eventType ?? 0]).slice(11);
    const kind = kinds.get(name) ?? { count: 0, bytes: 0 };
    kind.count++;
    kind.bytes += proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length;
    kinds.set(name, kind);
  }
  const each = (n: number) => (n / turns).toFixed(1).padStart(8);
  console.log(
    `history of ${turns} turns: ${(historyLength / turns).toFixed(1)} events and ${Math.round((historySize ?? 0) / turns)} bytes a turn`,
  );
  for (const [name, { count, bytes }] of [...kinds].toSorted((a, b) => b[1].bytes - a[1].bytes)) {
    console.log(`${each(count)} ×${each(bytes)} B  ${name}`);
  }
}
