/** The rules of turn-taking, the transcript and the demo model together, without a server, as a user would read the conversation. */
import { describe, expect, test } from 'vitest';
import type { ReplyRequest } from '../../contract/reply.ts';
import { type Profile, profiles } from '../../model/profiles.ts';
import { transcript } from '../../model/transcript.ts';
import { Story } from '../../test/kit/story.ts';
import { checkCalls } from './check-calls.ts';
import { answer } from './rules.ts';

/** A story in which the demo model answers whatever reply is in flight. */
function beginIn(profile: Profile) {
  const story = new Story({ settle_ms: 200, quiet_ms: 250, grace_ms: 1_500 });
  let calls = 0;

  /** Completes the replies in flight, and returns their texts. */
  function listen(): string[] {
    const said: string[] = [];
    while (story.state.turn.phase === 'replying') {
      const { request } = story.effectsOf('start_reply').at(-1)!;
      const { text, calls: asked } = think(story, request as ReplyRequest, profile);
      story.model(
        text,
        ...asked.map(({ name, arguments: json }) => {
          const { report, ...input } = JSON.parse(json);
          return { call_id: `call_${++calls}`, tool: name, input, ...(report && { report }) };
        }),
      );
      said.push(text);
    }
    return said;
  }

  return {
    story,
    listen,
    /** The user writes; returns the answer. */
    say(text: string) {
      story.user(text);
      return listen();
    },
    /** Lets time pass, and returns what the model says. */
    wait(ms: number) {
      story.pass(ms);
      return listen();
    },
  };
}

function think(story: Story, request: ReplyRequest, profile: Profile) {
  const messages = transcript({
    entries: story.log.filter(({ seq }) => seq <= request.to),
    agent: { name: 'default', instructions: 'Help.' },
    request,
    progress: new Map(),
    profile,
  });
  checkCalls(messages, 'messages');
  return answer(messages, ['run_installer', 'cancel_call']);
}

describe.each(Object.values(profiles))('in the profile $name', (profile) => {
  const begin = () => beginIn(profile);

  test('the agent starts an installer, talks about something else, and tells the milestones', () => {
    const { story, say, wait } = begin();
    expect(say('install alpha and update me every 25%')).toEqual([
      'Starting the installer for alpha; I will tell you every 25 percent.',
    ]);
    expect(wait(2_000)).toEqual([]);
    expect(say('What is a signal in Temporal?')[0]).toMatch(/^A signal in Temporal is/);
    story.progress('call_1', 1, 25);
    expect(wait(300)).toEqual(['alpha: 25 % done.']);
    expect(say('how far is it?')).toEqual(['alpha is at 25 %.']);
    story.ends('call_1');
    expect(wait(300)).toEqual(['alpha is installed.']);
    expect(say('how far is it?')).toEqual(['Nothing is running.']);
  });

  test('"cancel it and install beta instead" leaves beta running, and the agent says nothing twice', () => {
    const { story, say, wait } = begin();
    say('install alpha, update me every minute');
    wait(2_000);
    expect(say('Cancel it and install beta instead')).toEqual([
      'Cancelling alpha and starting the installer for beta; I will tell you every minute.',
    ]);
    expect(wait(2_000)).toEqual([]);
    expect(story.all('call.cancelled')).toMatchObject([{ call_id: 'call_1', by: 'agent' }]);
    expect(story.all('call.started')).toMatchObject([{ call_id: 'call_1' }, { call_id: 'call_3' }]);
    expect(say('how far is it?')).toEqual(['beta has started.']);
  });

  test('R3: an installer that a message cancels within the settle time never runs', () => {
    const { story, say, wait } = begin();
    say('install alpha');
    expect(say('no, install beta instead')).toEqual([
      'Starting the installer for beta. alpha will not be installed.',
    ]);
    wait(2_000);
    expect(story.all('call.started')).toMatchObject([{ call_id: 'call_2' }]);
  });

  test('R3: an installer that was dropped for another question is requested again', () => {
    const { story, say, wait } = begin();
    say('install alpha');
    const [text] = say('what is a signal?');
    expect(text).toMatch(/^Starting the installer for alpha\. A signal in Temporal is /);
    wait(2_000);
    expect(story.all('call.started')).toMatchObject([{ call_id: 'call_2' }]);
  });

  test('R5: a reply cut off by a message comes before it, and only the message is answered', () => {
    const { story, listen } = begin();
    story.user('what is a signal?');
    story.user('how far is it?');
    const cut = story.all('reply.interrupted')[0]!;
    // The store adds the words when it records the entry.
    cut.text = 'A signal in';
    expect(listen()).toEqual(['Nothing is running.']);
  });

  test('a queued message is answered after the reply in flight', () => {
    const { story, listen } = begin();
    story.user('hello');
    story.user('how far is it?', { when_busy: 'queue' });
    expect(listen()).toEqual([expect.stringMatching(/^Hello! /), 'Nothing is running.']);
  });

  test('R11: a call that fails at once is told in the same turn', () => {
    const { story, say, wait } = begin();
    say('install alpha');
    wait(250);
    story.ends('call_1', {
      type: 'failed',
      error: { type: 'NoSpace', message: 'The disk is full.' },
    });
    expect(wait(1_500)).toEqual(['alpha could not be installed: The disk is full.']);
  });
});
