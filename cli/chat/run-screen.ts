import { render } from 'ink';
import { createElement as h } from 'react';
import { Screen, type ScreenProps } from './screen.ts';

/**
 * Resolves when the user leaves or the conversation is closed.
 * @throws Error if the conversation can no longer be followed
 */
export async function runScreen(props: Omit<ScreenProps, 'quit'>): Promise<void> {
  let unmount = () => {};
  const screen = render(h(Screen, { ...props, quit: () => unmount() }), {
    // Ctrl-C clears the line first.
    exitOnCtrlC: false,
    incrementalRendering: true,
    // The caller has found a terminal. If the variable CI is set, Ink would otherwise draw nothing before the end.
    interactive: true,
  });
  unmount = () => screen.unmount();
  process.once('SIGTERM', unmount);
  await screen.waitUntilExit();
  const { over } = props.session.view();
  if (over?.error) throw over.error;
}
