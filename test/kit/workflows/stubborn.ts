/** Workflows for tests of the sandbox. */
import { condition } from '@temporalio/workflow';

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
