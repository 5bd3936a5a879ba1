/** Registers the search attributes by which conversations can be found in Temporal's own list. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract/names.ts';

/** `temporal.api.enums.v1.IndexedValueType` */
const KEYWORD = 2;
/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;

const VISIBLE_WITHIN_MS = 60_000;

type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

/**
 * Registers the attributes that are missing. Any number of workers may do this at once, at every start. Returns when the server accepts
 * them in queries, up to some seconds after they are registered.
 */
export async function registerSearchAttributes(
  connection: Services,
  namespace: string,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  // One by one: another worker may have registered only the first of them so far.
  for (const name of missing) {
    await connection.operatorService
      .addSearchAttributes({ namespace, searchAttributes: { [name]: KEYWORD } })
      .catch(unless(ALREADY_EXISTS));
  }
  for (
    const deadline = performance.now() + VISIBLE_WITHIN_MS;
    !(await usable(connection, namespace));
  ) {
    if (performance.now() > deadline) {
      throw new Error(
        `Temporal does not know the search attributes ${Object.values(SEARCH_ATTRIBUTES).join(', ')} ${VISIBLE_WITHIN_MS / 1_000} s after they were registered in namespace ${namespace}.`,
      );
    }
    await sleep(50);
  }
}

/** The server refuses a query that names an attribute it does not know yet. */
async function usable({ workflowService }: Services, namespace: string): Promise<boolean> {
  const query = Object.values(SEARCH_ATTRIBUTES)
    .map((name) => `${name} = ''`)
    .join(' AND ');
  return workflowService.countWorkflowExecutions({ namespace, query }).then(
    () => true,
    (error: unknown) => {
      unless(INVALID_ARGUMENT)(error);
      return false;
    },
  );
}

function unless(code: number) {
  return (error: unknown) => {
    if ((error as { code?: number }).code !== code) throw error;
  };
}
