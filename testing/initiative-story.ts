/** Stories in which the agent would speak by itself. */
import { call, Story } from './story.ts';

/** A conversation in which `call_a` runs, and nothing has been said about it yet. */
export function installing(limits = {}): Story {
  const story = new Story(limits);
  story.user('run the installer and update me every percent');
  story.pass(300);
  story.model('Starting it.', call('call_a'));
  story.pass(2_000);
  return story;
}

/** The next piece of news, each in a turn of its own if it may be. */
export function tells(story: Story, n: number): void {
  story.progress('call_a', n, n);
  story.pass(300);
  if (story.state.turn.phase === 'replying') story.model(`${n} %`);
}

export const bySelf = (story: Story) =>
  story.all('reply.started').filter(({ because }) => because === 'news');
export const toldLast = (story: Story) => story.effectsOf('start_reply').at(-1)!.request.news;
