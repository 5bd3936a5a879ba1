import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { vi } from 'vitest';
import { waitForTemporal } from '../../cli/temporal/ready.ts';

/**
 * Every service polls the same task queue, so services that share a Temporal server need namespaces. A new one is known to every
 * part of the server a second or so after it was registered, and no event says when.
 * @returns its name
 */
export async function createNamespace(address: string): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  await waitForTemporal({ address, namespace, timeoutMs: 20_000, ifNoNamespace: 'create' });
  const connection = await Connection.connect({ address });
  try {
    const { operatorService } = connection;
    await vi.waitFor(() => operatorService.listSearchAttributes({ namespace }), {
      timeout: 30_000,
    });
  } finally {
    await connection.close();
  }
  return namespace;
}
