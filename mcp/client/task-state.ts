/** The state of a task, as a server tells it in either era. */
import { z } from 'zod';

export const taskState = z.looseObject({
  status: z.enum(['working', 'input_required', 'completed', 'failed', 'cancelled']),
  pollIntervalMs: z.number().optional().catch(undefined),
  /** The name of that in 2025-11-25. */
  pollInterval: z.number().optional().catch(undefined),
  statusMessage: z.string().optional().catch(undefined),
  result: z.unknown().optional(),
  inputRequests: z.record(z.string(), z.unknown()).optional().catch(undefined),
  error: z.looseObject({ message: z.string() }).optional().catch(undefined),
});

export type TaskState = z.infer<typeof taskState>;
