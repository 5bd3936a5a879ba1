/** The Kubernetes example agrees with the service: its settings, probes, deadlines and task queues. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig, settings } from '../config.ts';
import { errandQueue, TASK_QUEUE, toolQueue } from '../contract/names.ts';

const text = await readFile(new URL('examples/kubernetes/meanwhile.yaml', import.meta.url), 'utf8');
/** The example with the values that an operator fills in. */
const filled = text
  .replace('<at least 32 characters, chosen at random>', 'x'.repeat(32))
  .replaceAll(/<([\w.-]+)>/g, '$1');
const documents = parseAllDocuments(filled).map((one) => one.toJS());
const find = (kind: string, name: string) =>
  documents.find((one) => one.kind === kind && one.metadata.name === name);

const podOf = (name: string) => find('Deployment', name).spec.template.spec;
const api = podOf('meanwhile-api');
const worker = podOf('meanwhile-worker');
const shared = {
  ...find('ConfigMap', 'meanwhile').data,
  ...find('Secret', 'meanwhile').stringData,
};
const own = (pod: any): Record<string, string> =>
  Object.fromEntries(
    (pod.containers[0].env ?? []).map(({ name, value }: { name: string; value: string }) => [
      name,
      value,
    ]),
  );

test('every variable is a setting that the service accepts', () => {
  for (const pod of [api, worker]) {
    const given = { ...shared, ...own(pod) };
    expect(Object.keys(settings.shape)).toEqual(expect.arrayContaining(Object.keys(given)));
    expect(readConfig(given)).toMatchObject({ HOST: '0.0.0.0', MEANWHILE_HOME: '/data' });
  }
});

test('the probes use the port of the process, and only readiness depends on other servers', () => {
  const portOf = (pod: any) => pod.containers[0].ports[0].containerPort;
  expect(portOf(api)).toBe(Number(shared.PORT));
  expect(portOf(worker)).toBe(Number(own(worker).MEANWHILE_PROBE_PORT));
  for (const { containers } of [api, worker]) {
    const [{ livenessProbe, readinessProbe, ports }] = containers;
    const port = ports[0].name;
    expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port });
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port });
    // Longer than the service itself waits for its dependencies.
    expect(readinessProbe.timeoutSeconds).toBeGreaterThan(2);
  }
});

test('a process has more time to stop than it takes', () => {
  const { MEANWHILE_DRAIN_MS } = readConfig({ ...shared, ...own(worker) });
  expect(worker.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
    MEANWHILE_DRAIN_MS / 1_000 + 15,
  );
  const { seconds } = api.containers[0].lifecycle.preStop.sleep;
  expect(api.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(seconds + 10);
});

test('no process runs as root or writes outside its folders', () => {
  for (const { securityContext, containers, volumes } of [api, worker]) {
    expect(securityContext.runAsNonRoot).toBe(true);
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(volumes.map(({ name }: { name: string }) => name)).toEqual(
      containers[0].volumeMounts.map(({ name }: { name: string }) => name),
    );
  }
});

test('the workers are scaled by the backlog of each of their task queues', () => {
  const { spec } = find('ScaledObject', 'meanwhile-worker');
  expect(spec.scaleTargetRef.name).toBe('meanwhile-worker');
  expect(find('Deployment', 'meanwhile-worker').spec).not.toHaveProperty('replicas');
  const queues = spec.triggers.map(({ metadata }: any) => [metadata.taskQueue, metadata.endpoint]);
  expect(queues).toEqual(
    [TASK_QUEUE, toolQueue(TASK_QUEUE), errandQueue(TASK_QUEUE)].map((queue) => [
      queue,
      shared.TEMPORAL_ADDRESS,
    ]),
  );
});
