import { defineTool, z } from 'meanwhile';

/** Only plays it. A person has to agree first, and the same payment twice at once is taken for a mistake. */
export default defineTool({
  name: 'send_payment',
  description: 'Sends an amount of money to a person.',
  input: z.object({ to: z.string().min(1), amount: z.number().positive() }),
  approval: { question: 'May this payment be sent?', timeout_ms: 24 * 60 * 60 * 1_000 },
  duplicates: 'reject',
  // Nobody pays twice because a service crashed: the call is not started again, and should a payment have been sent that
  // nobody heard the answer of, the bank knows it by its key.
  restart: 'fail',
  run: async ({ to, amount }, call) => ({
    sent: amount,
    to,
    idempotency_key: call.idempotency_key,
  }),
});
