/** Settings of sizes, retention and what a worker keeps. */
import { z } from 'zod';
import { whole, flag, bytes } from './values.ts';

export const dataSettings = {
  MEANWHILE_MAX_MESSAGE_BYTES: bytes.default(100_000).describe('Largest request body.'),
  MEANWHILE_MAX_RESULT_BYTES: bytes
    .default(10_000_000)
    .describe('Largest single tool result, as JSON; a larger one fails the call.'),
  MEANWHILE_INLINE_RESULT_BYTES: whole(4_000, 500_000)
    .default(8_000)
    .describe(
      'A larger result is stored separately; the model sees its beginning and can read on.',
    ),
  MEANWHILE_MAX_OUTPUT_BYTES: whole(10_000, 1_000_000_000)
    .default(10_000_000)
    .describe("Output kept of a tool's program: half from its beginning, half from its end."),
  MEANWHILE_SPOOL_HOURS: whole(1, 10_000)
    .default(24)
    .describe('How long the folder of a call is kept after its last change.'),
  MEANWHILE_SPECULATE: flag
    .default(true)
    .describe(
      'Whether the model is asked while a message is still on its way. Only where API and worker share a process.',
    ),
  MEANWHILE_RETENTION_DAYS: whole(31, 36_500)
    .optional()
    .describe(
      'Days after its end that a conversation stays in the log. Unset: for ever. More than Temporal keeps ended workflows.',
    ),
  MEANWHILE_ARCHIVE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder to which workers write conversations before they leave the log, as gzipped JSON Lines. Unset: nothing is kept.',
    ),
  MEANWHILE_STACK_TRACES: flag
    .default(false)
    .describe("Whether Temporal's UI shows where a workflow waits. Costs CPU in every turn."),
};
