/** Workflows for tests of the sandbox. */
import { condition, proxySinks, type Sinks, sleep } from '@temporalio/workflow';

/** Never yields. */
export async function spins(): Promise<void> {
  for (;;);
}

export async function waitsForEver(): Promise<void> {
  await condition(() => false);
}

export async function answers(text: string): Promise<string> {
  return text;
}

export interface ToldSinks extends Sinks {
  told: { hear(what: string): void };
}

/** Calls a sink in its first task and in its last, and none in between. */
export async function tells(): Promise<void> {
  const { told } = proxySinks<ToldSinks>();
  told.hear('first');
  await sleep(1);
  await sleep(1);
  told.hear('last');
}
