/** One Temporal server for all tests of the project `server`; `inject('temporalAddress')` is where it is. */
import { Connection } from '@temporalio/client';
import type { TestProject } from 'vitest/node';
import { registerSearchAttributes } from '../../worker/search-attributes.ts';
import { startTestTemporal } from './temporal.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** host:port. Its namespace is `default`; tests share it, so each takes a task queue and ids of its own. */
    temporalAddress: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = await startTestTemporal((line) => console.log(line));
  const connection = await Connection.connect({ address: temporal.address });
  await registerSearchAttributes(connection, 'default');
  await connection.close();
  project.provide('temporalAddress', temporal.address);
  return () => temporal.close();
}
