import { z } from 'zod';
import { schedule } from '../contract/entry.ts';
import { asJson } from './as-json.ts';
import { CallFailed } from './call-failed.ts';

const options = { checkpoint: z.unknown().optional(), schedule: schedule.default('when_idle') };

const step = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    percent: z.number().min(0).max(100),
    note: z.string().optional(),
    ...options,
  }),
  z.object({ type: z.literal('result'), data: z.unknown(), ...options }),
]);

/** What a tool yields, checked and as JSON. */
export type Step = z.infer<typeof step>;

/** Of what is never stored aside: a heartbeat carries the checkpoint, a signal the progress. */
const MOST_CARRIED_BYTES = 64_000;

/**
 * @throws CallFailed `InvalidYield` where it is neither progress nor a result; `InvalidResult` or `ResultTooLarge` for what it carries
 */
export function readYield(yielded: unknown, maxBytes: number): Step {
  const parsed = step.safeParse(yielded);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'it';
    throw new CallFailed(
      'InvalidYield',
      `The tool yielded what is neither progress nor a result: ${where}: ${issue?.message}.`,
    );
  }
  const { checkpoint, ...told } = parsed.data;
  const carried = Math.min(maxBytes, MOST_CARRIED_BYTES);
  return {
    ...(told.type === 'result'
      ? {
          ...told,
          data: told.data === undefined ? undefined : asJson(told.data, maxBytes, 'A result'),
        }
      : (asJson(told, carried, 'Its progress') as typeof told)),
    ...(checkpoint !== undefined && { checkpoint: asJson(checkpoint, carried, 'Its checkpoint') }),
  };
}
