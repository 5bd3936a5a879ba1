/** Stories in which the agent would speak by itself. */
import type { Story } from './story.ts';

/** The next piece of news, each in a turn of its own if it may be. */
export function tells(story: Story, n: number): void {
  story.progress('call_a', n, n);
  story.pass(300);
  if (story.state.turn.phase === 'replying') story.model(`${n} %`);
}

export const bySelf = (story: Story) =>
  story.all('reply.started').filter(({ because }) => because === 'news');
export const toldLast = (story: Story) => story.effectsOf('start_reply').at(-1)!.request.news;
