/** The state of a task in the response to `tasks/get`, in both eras of the protocol. */
import { z } from 'zod';

export const taskState = z.looseObject({
  status: z.enum(['working', 'input_required', 'completed', 'failed', 'cancelled']),
  pollIntervalMs: z.number().optional().catch(undefined),
  /** The same field in protocol 2025-11-25. */
  pollInterval: z.number().optional().catch(undefined),
  statusMessage: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
  inputRequests: z.record(z.string(), z.unknown()).optional().catch(undefined),
  error: z.looseObject({ message: z.string() }).optional().catch(undefined),
});

export type TaskState = z.infer<typeof taskState>;
