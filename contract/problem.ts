/** The field of a request that an error is about, as the service says it and a client reads it. */
import { z } from 'zod';

export const fieldError = z.object({
  path: z.string().describe('Path of the field: `body.message.text`, `query.limit`.'),
  message: z.string(),
});

export type FieldError = z.infer<typeof fieldError>;
