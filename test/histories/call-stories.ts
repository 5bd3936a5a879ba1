/** Lives of calls that are recorded, and replayed against every change of workflow code. */
import type { Activities } from '../../activities/index.ts';
import { CALL_SIGNALS, callWorkflowId } from '../../contract/names.ts';
import type { CallEnd, CallPush } from '../../contract/signals.ts';
import { createMailbox } from '../kit/mailbox.ts';
import { asks, count } from '../kit/rig.ts';
import { close, type HistoryStory } from './story.ts';

export const callStories: Record<string, HistoryStory> = {
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

  /** It asks twice: on its connection, which is looked at once more before the answer comes, and without one. */
  async 'asks-a-person'(rig) {
    const conversation = await rig.converse();
    await conversation.say('push it');
    const call = asks('push');
    (await rig.asked()).says('Pushing.', call);
    const waits = (question_id: string, more = {}) =>
      ({ type: 'asks', question_id, details: { n: 1 }, ...more }) as unknown as CallEnd;
    const answer = (question_id: string) =>
      conversation.answer({ call_id: call.call_id, question_id, action: 'accept', by: 'ann' });
    const first = await rig.running();
    const question = (id: string) => ({ question: { id, message: 'Which branch?' } });
    await first.tells({ n: 1, event: 'progress', percent: 0, ...question('q1') });
    first.ends(waits('q1', { held: true }));
    (await rig.asked()).says('You are asked for a branch.');
    const second = await rig.running();
    second.ends(waits('q1', { held: true }));
    await answer('q1');
    const third = await rig.running();
    await third.tells({ n: 2, event: 'progress', percent: 50, ...question('q2') });
    third.ends(waits('q2'));
    (await rig.asked()).says('And again.');
    await answer('q2');
    (await rig.running()).ends({ type: 'completed', result: 'pushed' });
    (await rig.asked()).says('Pushed.');
    await conversation.until('it is over', (kinds) => count(kinds, 'receipt') === 3);
    return close(conversation, [call.call_id]);
  },

  /** Its flow is suspended until both of its results are in. */
  async 'is-managed'(rig) {
    const conversation = await rig.converse();
    await conversation.say('compare two prices');
    const call = { ...asks('find_prices'), awaits: 'managed' as const, results: 2 };
    (await rig.asked()).says('Looking.', call);
    const tool = await rig.running();
    await tool.tells({ n: 1, event: 'result', data: 10 });
    await conversation.until('the first', (kinds) => kinds.includes('call.event'));
    await tool.tells({ n: 2, event: 'result', data: 12 });
    (await rig.asked()).says('The first is cheaper.');
    await conversation.until('both are told', (kinds) => kinds.includes('receipt'));
    tool.ends({ type: 'completed', result: 'done' });
    await conversation.until('it is over', (kinds) => kinds.includes('call.completed'));
    return close(conversation, [call.call_id]);
  },

  /** Another conversation has the only place of the tool at first. */
  async 'waits-for-its-turn'(rig) {
    const other = await rig.converse();
    await other.say('deploy alpha');
    const first = asks('deploy');
    (await rig.asked()).says('Deploying.', first);
    const running = await rig.running();

    const conversation = await rig.converse();
    const waiting = new Promise<void>((resolve) => {
      rig.bus.subscribe(conversation.key, (message) => {
        if (message.type === 'progress' && message.note) resolve();
      });
    });
    await conversation.say('deploy beta');
    const call = asks('deploy');
    (await rig.asked()).says('Deploying.', call);
    await waiting;
    running.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Alpha is deployed.');
    await close(other, []);
    (await rig.running()).ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Beta is deployed.');
    await conversation.until('its end is told', (kinds) => kinds.includes('receipt'));
    return close(conversation, [call.call_id]);
  },

  /** Another service does the work, and pushes what comes of it out of order and twice. */
  async 'is-pushed-from-elsewhere'(rig) {
    const conversation = await rig.converse();
    await conversation.say('render it');
    const call = asks('render');
    (await rig.asked()).says('Rendering.', call);
    await announced.take();
    const handle = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
    const push = (what: CallPush) => handle.signal(CALL_SIGNALS.push, what);
    for (const n of [2, 1, 2]) await push({ n, kind: 'result', data: n, schedule: 'silent' });
    await push({ n: 3, kind: 'done', data: 'all' });
    (await rig.asked()).says('Rendered.');
    await conversation.until('all is told', (kinds) => kinds.includes('receipt'));
    return close(conversation, [call.call_id]);
  },
};

const announced = createMailbox<void>('a call is announced');

/** The tools of these stories; any other one is a plain tool of the worker's own. */
export const played: Partial<Activities> = {
  describeTool: async (name) =>
    name === 'render'
      ? {
          kind: 'remote',
          timeout_ms: 600_000,
          silence_ms: 600_000,
          results: { min: 1, max: 'many' },
          report: 'everything',
        }
      : {
          kind: 'local',
          timeout_ms: 60_000,
          restart: 'resume',
          ...(name === 'deploy' && { slots: { tool: 1 } }),
        },
  announceCall: async () => announced.put(),
  withdrawCall: async () => {},
};
