import { describe, expect, test } from 'vitest';
import { call, installing, Story } from '../test/kit/story.ts';

describe('cancelling', () => {
  const cancel = (id: string, target: string) =>
    call(id, { tool: 'cancel_call', input: { call_id: target } });

  test('"cancel it and install beta instead" stops the first and starts the second', () => {
    const story = installing({ max_running: 1 });
    story.user('cancel it and install beta instead');
    story.pass(300);
    story.model('Doing that.', cancel('call_x', 'call_a'), call('call_b'));
    expect(story.effects.slice(-2)).toMatchObject([
      { kind: 'cancel_call', call_id: 'call_a' },
      { kind: 'start_call', call: { call_id: 'call_b' } },
    ]);
    story.pass(10_000);
    expect(story.all('reply.started')).toHaveLength(2);
  });

  test('a cancelled call reports nothing more, and its news is superseded', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.progress('call_a', 2, 50)).toEqual([]);
    expect(story.ends('call_a')).toEqual([]);
    expect(story.pass(60_000)).toEqual([]);
  });

  test('news that a reply is telling while its call is cancelled is not told again', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.all('receipt')).toEqual([]);
    story.user('thanks');
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.effectsOf('start_reply').at(-1)!.request.news).toEqual([]);
  });

  test('stopping everything while the agent tells news gives that news a receipt', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.interrupt({ scope: 'all' });
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.pass(60_000)).toEqual([]);
  });

  test('cancelling an unknown call is a failure that the model is told', () => {
    const story = new Story();
    story.user('cancel it');
    story.pass(300);
    story.model('Cancelling.', cancel('call_x', 'call_none'));
    expect(story.all('call.failed')).toMatchObject([{ error: { type: 'NoSuchCall' } }]);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });
});

describe('a client whose log is one task ahead', () => {
  test('may cancel a call before the conversation knows of it: the call is requested and never runs', () => {
    const story = new Story();
    story.user('install alpha');
    story.together(() => {
      story.happens({ type: 'cancel_call', call_id: 'call_a', by: 'ada' });
      story.model('Starting.', call('call_a'), call('call_b'));
    });
    story.pass(200);
    expect(story.all('call.cancelled')).toMatchObject([
      { call_id: 'call_a', by: 'user', actor: { type: 'user', id: 'ada' } },
    ]);
    expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual(['call_b']);
  });

  test('may interrupt such a call by its id', () => {
    const story = new Story();
    story.user('install alpha');
    story.together(() => {
      story.interrupt({ scope: 'calls', call_ids: ['call_a'] });
      story.model('Starting.', call('call_a'));
    });
    story.pass(200);
    expect(story.kinds).toContain('call.cancelled');
    expect(story.kinds).not.toContain('call.started');
  });

  test('may cancel a call that is over, which leaves nothing in the state', () => {
    const story = new Story();
    story.user('install alpha');
    story.model('Starting.', call('call_a'));
    story.pass(200);
    story.ends('call_a');
    const before = story.log.length;
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.log.slice(before).map(({ kind }) => kind)).not.toContain('call.cancelled');
    expect(story.state.early_cancels).toEqual([]);
  });
});
