/** Lives of conversations that are recorded, and replayed against every change of workflow code. */
import { callWorkflowId, SIGNALS } from '../../contract/names.ts';
import { KEPT_TURNS } from '../../conversation/summary.ts';
import { asks, count } from '../kit/rig.ts';
import { close, type HistoryStory } from './story.ts';

export const conversationStories: Record<string, HistoryStory> = {
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

  /** Its model is elsewhere: a client requests calls, one of them twice, acknowledges results and cancels. */
  async 'has-its-model-elsewhere'(rig) {
    const conversation = await rig.converse({ max_running: 1 }, { replies: 'external' });
    const [alpha, beta] = [asks('run_installer'), asks('run_installer')];
    await conversation.request({ call: alpha });
    const tool = await rig.running();
    await conversation.request({ call: alpha });
    await conversation.request({ call: beta });
    await tool.tells({ n: 1, percent: 50 });
    await conversation.until('50 % is there', (kinds) => kinds.includes('call.event'));
    await conversation.acknowledge({ to: 99 });
    await conversation.until('it is acknowledged', (kinds) => kinds.includes('receipt'));
    tool.ends({ type: 'completed', result: 'done' });
    const second = await rig.running();
    await conversation.cancel({ call_id: beta.call_id });
    await second.cancelled;
    return close(conversation, [alpha.call_id, beta.call_id]);
  },

  /** Results are pushed into its harness: one is taken, one is not, and one is shown at a turn. */
  async 'pushes-into-its-harness'(rig) {
    const pushes = { harness: 'codex', thread: 'thread_1' } as const;
    const conversation = await rig.converse({}, { replies: 'external', pushes });
    const alpha = asks('run_installer');
    await conversation.request({ call: { ...alpha, anchor: 'after the question' } });
    const tool = await rig.running();
    await tool.tells({ n: 1, percent: 50 });
    const first = await rig.pushed();
    first.isTaken(first.push.news.map(({ seq }) => seq));
    await conversation.until('50 % is there', (kinds) => kinds.includes('receipt'));
    await tool.tells({ n: 2, percent: 75 });
    const second = await rig.pushed();
    second.isTaken([]);
    await conversation.deliver({ of: [second.push.news[0]!.seq], anchor: 'after the answer' });
    await conversation.until('75 % is there', (kinds) => count(kinds, 'receipt') === 2);
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.pushed()).isTaken([]);
    await conversation.acknowledge({ to: 99 });
    await conversation.until('it is acknowledged', (kinds) => count(kinds, 'receipt') === 3);
    return close(conversation, [alpha.call_id]);
  },

  /** Its calls began before it heard of them: two are over, one of them delivered, and one goes on. */
  async 'hears-of-calls-later'(rig) {
    const conversation = await rig.converse({ max_running: 1 }, { replies: 'external' });
    const alpha = asks('run_installer');
    const beta = asks('run_installer');
    const gamma = asks('run_installer');
    const end = { type: 'completed', result: 'done' } as const;
    await conversation.record({ calls: [{ call: alpha, end, delivered: true }, { call: beta, end }] });
    await conversation.until('they are over', (kinds) => kinds.includes('receipt'));
    await conversation.request({ call: gamma, begun: true });
    const tool = await rig.running();
    await conversation.record({ calls: [{ call: beta, end }] });
    tool.ends({ type: 'completed', result: 'done' });
    await conversation.until('all are over', (kinds) => count(kinds, 'call.completed') === 3);
    return close(conversation, [gamma.call_id]);
  },

  /** A call has begun before it hears of it, and was cancelled before that. */
  async 'is-told-of-a-cancelled-call'(rig) {
    const conversation = await rig.converse({}, { replies: 'external' });
    const alpha = asks('run_installer');
    await conversation.cancel({ call_id: alpha.call_id });
    await conversation.request({ call: alpha, begun: true });
    await conversation.until('it is over', (kinds) => kinds.includes('call.cancelled'));
    const closed = await close(conversation, [alpha.call_id]);
    await rig.client.workflow.getHandle(callWorkflowId('default', alpha.call_id)).result();
    return closed;
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

  /** Messages cut replies off, before and while a call runs; each interruption is written by the next reply. */
  async 'is-interrupted-on-its-way'(rig) {
    const conversation = await rig.converse();
    await conversation.say('install');
    await rig.asked();
    await conversation.say('I mean alpha');
    const alpha = asks('run_installer');
    (await rig.asked()).says('Starting.', alpha);
    const tool = await rig.running();
    await conversation.say('what is a signal?');
    await rig.asked();
    await conversation.say('and what is a query?');
    (await rig.asked()).says('A question to a workflow.');
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    await conversation.until('its end is told', (kinds) => kinds.includes('receipt'));
    return close(conversation, [alpha.call_id]);
  },

  /** Somebody sends it what does not fit, terminates a call of it, and cancels it in Temporal; the log has all of it. */
  async 'is-dealt-with-by-an-operator'(rig) {
    const conversation = await rig.converse();
    await conversation.handle.signal(SIGNALS.message, { message_id: 'm', text: 42 });
    await conversation.say('install alpha');
    const call = asks('run_installer', { package: 'alpha' });
    (await rig.asked()).says('Starting.', call);
    await rig.running();
    await conversation.until('it runs', (kinds) => kinds.includes('call.started'));
    await rig.client.workflow.getHandle(callWorkflowId('default', call.call_id)).terminate();
    (await rig.asked()).says('It was terminated.');
    await conversation.until('its end is told', (kinds) => kinds.includes('receipt'));
    await conversation.handle.cancel();
    await conversation.handle.result();
    return { conversation, calls: [] };
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

  /** It passes its budget and is summed up while a call of its first turn runs. */
  async 'is-summed-up'(rig) {
    const conversation = await rig.converse({ context_tokens: 100 });
    let answers = 0;
    const answer = async (tokens: number) => {
      await conversation.say('go on');
      (await rig.asked()).counts(tokens, 'Ok.');
      answers += 1;
      await conversation.until('the answer', (k) => count(k, 'reply.completed') === answers + 1);
    };
    await conversation.say('install alpha');
    const call = asks('run_installer', { package: 'alpha' });
    (await rig.asked()).says('Starting.', call);
    const tool = await rig.running();
    for (let nth = 1; nth < KEPT_TURNS; nth += 1) await answer(100);
    await answer(101);
    const summary = await rig.askedSummary();
    await answer(101);
    summary.says('They want alpha.');
    await conversation.until('the summary', (kinds) => kinds.includes('summary'));
    await answer(10);
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    await conversation.until('its end is told', (kinds) => kinds.includes('receipt'));
    return close(conversation, [call.call_id]);
  },
};
