/** Stories in which a call requires a person's approval. */
import { refuseDecision } from '../../conversation/approvals.ts';
import { afterHearing } from '../../conversation/decide.ts';
import { call, Story } from './story.ts';

export const HOUR = 3_600_000;

export const payment = (id: string, question?: string) =>
  call(id, { tool: 'send_payment', approval: { timeout_ms: HOUR, ...(question && { question }) } });

/** The model has asked for a payment, and said so; it was released at 1_000_200. */
export function awaiting(...ids: string[]): Story {
  const story = new Story();
  story.user('pay Ann');
  story.model('I ask for it.', ...(ids.length > 0 ? ids : ['call_a']).map((id) => payment(id)));
  story.pass(200);
  return story;
}

export const refusal = (story: Story, call_id: string, decision: 'approve' | 'deny') =>
  refuseDecision(afterHearing(story.state, [{ type: 'tick', at: story.now }]), {
    call_id,
    decision,
  });
