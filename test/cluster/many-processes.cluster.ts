/** Two APIs and two workers on PostgreSQL, Redis and a Temporal cluster with a PostgreSQL of its own, as in docker-compose.yml. */
import { expect, test } from 'vitest';
import { describeManyProcesses, useManyProcesses } from '../kit/many-processes.ts';
import { startTemporalCluster, type TemporalCluster } from '../kit/temporal-cluster.ts';

let cluster: TemporalCluster;
const given = useManyProcesses(async () => (cluster = await startTemporalCluster()));

test('the scripts of the Compose file for schemas and namespace may run again', async () => {
  await cluster.prepareAgain();
  expect(await given.fleet.client.get('/readyz')).toMatchObject({ temporal: 'ok' });
});

describeManyProcesses(given);
