/** The question of a running call to a person, and its answer (MCP calls it elicitation). */
import { z } from 'zod';

export const answerAction = z
  .enum(['accept', 'decline', 'cancel'])
  .describe(
    'accept: with `content`, if it asks for any; decline: the person refuses; cancel: the person does not decide.',
  );

export const question = z.object({
  id: z.string().describe('Unique within its call.'),
  message: z.string().describe("In the tool's words."),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'JSON Schema that the content of an answer has to match: an object of simple fields.',
    ),
  url: z
    .string()
    .optional()
    .describe(
      'A page that the person has to visit, in place of giving content. `accept` then says that they have visited it.',
    ),
});

export const openQuestion = question.extend({
  expires_at: z.iso.datetime().describe('A question that is not answered by then is cancelled.'),
});

export type Question = z.infer<typeof question>;
export type OpenQuestion = z.infer<typeof openQuestion>;
export type AnswerAction = z.infer<typeof answerAction>;

export interface GivenAnswer {
  question_id: string;
  action: AnswerAction;
  content?: Record<string, unknown>;
}
