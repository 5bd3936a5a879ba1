import { defineTool, z } from 'meanwhile';
import { pressButton } from '../page.ts';

/** Presses a button on the page that `watch_page` has opened. A press is not repeated after a crash, since its effect is unknown. */
export default defineTool({
  name: 'press_button',
  description:
    'Presses a button of the page that is open, by its exact name. Fails if the page does not show it, or a dialog is in the way.',
  input: z.object({ button: z.string().min(1) }),
  restart: 'fail',
  timeout_ms: 30_000,
  run: async ({ button }) => ({ pressed: button, page: await pressButton(button) }),
});
