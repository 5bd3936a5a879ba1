import { defineTool, z } from 'meanwhile';

/** Sends no real payment. A person has to approve each call, and a second identical payment is refused while the first is open. */
export default defineTool({
  name: 'send_payment',
  description: 'Sends an amount of money to a person.',
  input: z.object({ to: z.string().min(1), amount: z.number().positive() }),
  approval: { question: 'May this payment be sent?', timeout_ms: 24 * 60 * 60 * 1_000 },
  duplicates: 'reject',
  // A crash must not cause a second payment, so the call is not started again. If a payment was sent and its answer was lost, the bank
  // recognises it by its key.
  restart: 'fail',
  run: async ({ to, amount }, call) => ({
    sent: amount,
    to,
    idempotency_key: call.idempotency_key,
  }),
});
