/** The fields of a tool that may be set in TypeScript and in mcp.json. */
import { z } from 'zod';
import { parseReport } from '../contract/report.ts';

/** The longest delay of a timer. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const commonFields = {
  results: z
    .strictObject({
      min: z.int().min(0),
      max: z.union([z.int().min(1), z.literal('many')], "must be a number from 1 on, or 'many'"),
    })
    .refine(({ min, max }) => max === 'many' || min <= max, 'min must not be above max')
    .optional(),
  awaits: z.enum(['prompt', 'managed'], "must be 'prompt' or 'managed'").optional(),
  progress: z.boolean().optional(),
  report: z
    .string()
    .refine(
      (text) => parseReport(text),
      'must be like "every 25 percent", "every minute" or "only the end"',
    )
    .optional(),
  timeout_ms: z.int().min(1).max(LONGEST_TIMEOUT_MS).optional(),
  duplicates: z.enum(['allow', 'reject', 'replace', 'confirm']).optional(),
  max_running: z.int().min(1).max(1_000).optional(),
};

/** What the person is asked, and how long they have. */
export const approvalDetails = z.strictObject({
  question: z.string().trim().min(1, 'must say what the person is asked').optional(),
  timeout_ms: z.int().min(1).optional(),
});
