import { render } from 'ink';
import { createElement as h } from 'react';
import { Screen, type ScreenProps } from './screen.ts';

/**
 * Resolves when the user leaves or the conversation is closed.
 * @throws Error when it can no longer be followed
 */
export async function runScreen(props: Omit<ScreenProps, 'quit'>): Promise<void> {
  let unmount = () => {};
  const screen = render(h(Screen, { ...props, quit: () => unmount() }), {
    // Ctrl-C clears the line first.
    exitOnCtrlC: false,
    incrementalRendering: true,
    // A terminal was found. Ink would draw nothing before the end where the variable CI is set.
    interactive: true,
  });
  unmount = () => screen.unmount();
  process.once('SIGTERM', unmount);
  await screen.waitUntilExit();
  const { over } = props.session.view();
  if (over?.error) throw over.error;
}
