/**
 * Worker versions, for a service whose workers have a build id: Temporal gives a conversation's tasks to the workers of one build,
 * the current one, until another build is promoted. So a worker never meets a history that a later version wrote.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { TASK_QUEUE } from '../contract/names.ts';

/** The name of the deployment, of which each namespace has one. */
export const DEPLOYMENT = TASK_QUEUE;

/** Workflows move to the current build with their next task: every version can continue the workflows of earlier ones. */
export function versioned(buildId: string | undefined): Partial<WorkerOptions> {
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: DEPLOYMENT, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

/** The message is complete: show it and stop. */
export class NotPromoted extends Error {
  override name = 'NotPromoted';
}

/**
 * Makes a build the current one. A worker of the build has to be running.
 * @returns the build that was current before; undefined if there was none
 * @throws NotPromoted when no such worker runs
 */
export async function promote(
  client: Client,
  buildId: string,
  { patience_ms = 10_000 } = {},
): Promise<string | undefined> {
  const { namespace } = client.options;
  for (const deadline = performance.now() + patience_ms; ; await sleep(250)) {
    try {
      const { previousDeploymentVersion } =
        await client.workflowService.setWorkerDeploymentCurrentVersion({
          namespace,
          deploymentName: DEPLOYMENT,
          buildId,
          identity: client.options.identity,
        });
      return previousDeploymentVersion?.buildId || undefined;
    } catch (error) {
      // Temporal knows a worker only some seconds after its first poll, and this one polls three task queues.
      if (!isMissing(error)) throw error;
      if (performance.now() > deadline) {
        throw new NotPromoted(
          `No worker of build "${buildId}" polls all task queues: ${error.details}. Start one with MEANWHILE_BUILD_ID=${buildId} first.`,
          { cause: error },
        );
      }
    }
  }
}

/**
 * Promotes the first build automatically: without a current build, versioned workers get no tasks. Retries until Temporal answers;
 * never rejects.
 */
export async function promoteFirst(
  client: Client,
  buildId: string,
  { signal, warn }: { signal: AbortSignal; warn(message: string, error: unknown): void },
): Promise<void> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      if ((await currentBuild(client)) === undefined) await promote(client, buildId);
      return;
    } catch (error) {
      if (isFirst) warn('Finding out which build is current failed. Retrying.', error);
    }
    await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

const AGAIN_MS = 2_000;

async function currentBuild(client: Client): Promise<string | undefined> {
  const { namespace } = client.options;
  const known = await client.workflowService
    .describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT })
    .catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  const { routingConfig } = known?.workerDeploymentInfo ?? {};
  return routingConfig?.currentDeploymentVersion?.buildId || undefined;
}

/** gRPC status codes. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

const isMissing = (error: unknown): error is Error & { code: number; details: string } =>
  isGrpcServiceError(error) && [NOT_FOUND, FAILED_PRECONDITION].includes(error.code);
