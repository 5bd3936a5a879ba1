/** The lives that are recorded, and replayed against every change of workflow code. */
import type { Rig } from '../../testing/rig.ts';
import { asks, count } from '../../testing/rig.ts';

type Conversation = Awaited<ReturnType<Rig['converse']>>;


/** Each tells a story to its end, and returns the conversation with the calls it made. */
export const stories: Record<
  string,
  (rig: Rig) => Promise<{ conversation: Conversation; calls: string[] }>
> = {
  /** A tool reports, the agent speaks by itself, the user chats meanwhile. */
  async 'talks-while-a-tool-runs'(rig) {
    const conversation = await rig.converse();
    await conversation.say('install alpha');
    const call = asks('run_installer', { package: 'alpha' });
    (await rig.asked()).says('Starting.', call);
    const tool = await rig.running();
    await conversation.say('what is a signal?');
    (await rig.asked()).says('A message to a workflow.');
    await tool.tells({ n: 1, percent: 50 });
    (await rig.asked()).says('50 %.');
    await conversation.until('50 % is told', (kinds) => kinds.includes('receipt'));
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    await conversation.until('its end is told', (kinds) => count(kinds, 'receipt') === 2);
    return close(conversation, [call.call_id]);
  },

  /** A reply is cut off, a call queues, one is cancelled, a reply fails; then it closes. */
  async 'is-interrupted-and-cancelled'(rig) {
    const conversation = await rig.converse({ max_running: 1 });
    await conversation.say('install both');
    await rig.asked();
    await conversation.say('I mean alpha and beta');
    const [alpha, beta] = [asks('run_installer'), asks('run_installer')];
    (await rig.asked()).says('Starting.', alpha, beta);
    const first = await rig.running();
    await conversation.cancel({ call_id: alpha.call_id });
    await first.cancelled;
    const second = await rig.running();
    await second.tells({ n: 1, percent: 25 });
    (await rig.asked()).fails(rig.failure('The model is away.'));
    await conversation.until('the reply fails', (kinds) => kinds.includes('reply.failed'));
    return close(conversation, [alpha.call_id, beta.call_id]);
  },

  /** One call gets its yes, another a no, a third none in time; the chat goes on meanwhile. */
  async 'waits-for-a-person'(rig) {
    const conversation = await rig.converse();
    const payment = (timeout_ms: number) => ({ ...asks('send_payment'), approval: { timeout_ms } });
    const [agreed, refused, forgotten] = [payment(60_000), payment(60_000), payment(1)];
    await conversation.say('pay three of them');
    (await rig.asked()).says('I ask for it.', agreed, refused, forgotten);
    (await rig.asked()).says('The third was not answered in time.');
    await conversation.until('that is told', (kinds) => kinds.includes('receipt'));
    await conversation.say('what time is it?');
    (await rig.asked()).says('Noon.');
    await conversation.decide({ call_id: refused.call_id, decision: 'deny', reason: 'Too much.' });
    (await rig.asked()).says('The second was denied.');
    await conversation.until('it is told', (kinds) => count(kinds, 'receipt') === 2);
    await conversation.decide({ call_id: agreed.call_id, decision: 'approve', by: 'ann' });
    (await rig.running()).ends({ type: 'completed', result: 'paid' });
    (await rig.asked()).says('The first is paid.');
    await conversation.until('its end is told', (kinds) => count(kinds, 'receipt') === 3);
    return close(conversation, [agreed.call_id]);
  },

  /** Its history grows past the limit while a tool runs. */
  async 'continues-as-new'(rig) {
    const conversation = await rig.converse({ max_history_events: 20 });
    await conversation.say('install alpha');
    const call = asks('run_installer', { package: 'alpha' });
    (await rig.asked()).says('Starting.', call);
    const tool = await rig.running();
    for (let i = 1; i <= 4; i++) {
      await conversation.say(`message ${i}`);
      (await rig.asked()).says(`answer ${i}`);
      await conversation.until(`answer ${i}`, (k) => count(k, 'reply.completed') === i + 1);
    }
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    await conversation.until('its end is told', (kinds) => kinds.includes('receipt'));
    return close(conversation, [call.call_id]);
  },
};

async function close(conversation: Conversation, calls: string[]) {
  await conversation.close({});
  await conversation.handle.result();
  return { conversation, calls };
}
