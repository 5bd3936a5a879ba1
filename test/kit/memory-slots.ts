/** The queues of the store without a database. */
import type { Store } from '../../store/store.ts';

export function createMemorySlots(): Pick<Store, 'queueUp' | 'firstInQueue' | 'leaveQueues'> {
  /** Call ids by tenant and name. */
  const queues = new Map<string, string[]>();
  return {
    async queueUp({ tenant, queue, call_id }) {
      const id = JSON.stringify([tenant, queue]);
      const calls = queues.get(id) ?? [];
      queues.set(id, calls);
      if (!calls.includes(call_id)) calls.push(call_id);
      return calls.indexOf(call_id);
    },
    async firstInQueue({ tenant, queue }, limit) {
      return queues.get(JSON.stringify([tenant, queue]))?.slice(0, limit) ?? [];
    },
    async leaveQueues(tenant, callId) {
      for (const [id, calls] of queues) {
        if (JSON.parse(id)[0] !== tenant) continue;
        queues.set(
          id,
          calls.filter((each) => each !== callId),
        );
      }
    },
  };
}
