import { defineTool, z } from 'meanwhile';
import { openPage, type ShownPage } from '../page.ts';

/** Opens a page in a real browser and reports what changes on it, until the page shows the words that the agent waits for. */
export default defineTool({
  name: 'watch_page',
  description:
    'Opens a web page in a browser and watches it. Returns a result each time a dialog opens, something fails or the buttons change, and the last one when the page shows the words of `until`.',
  input: z.object({
    url: z.url(),
    until: z
      .string()
      .min(1)
      .describe('Words of its status that say that the work is done, such as "Deployed".'),
  }),
  results: { min: 1, max: 'many' },
  report: 'every 50 percent',
  async *run({ url, until }, call) {
    const page = await openPage(url);
    try {
      let before: ShownPage | undefined;
      for await (const shown of page.shown(call.signal)) {
        if (shown.status?.includes(until)) return { page: page.title, ...shown };
        if (isNews(shown, before)) {
          yield call.result(
            { page: page.title, ...shown },
            { schedule: shown.dialog || shown.alerts.length > 0 ? 'interrupt' : 'when_idle' },
          );
        }
        if (shown.percent !== undefined) yield call.progress(shown.percent, shown.status);
        before = shown;
      }
      call.signal.throwIfAborted();
      throw new Error('The page was closed.');
    } finally {
      await page.close();
    }
  },
});

/** Whether the page shows a new dialog, alert or button. A bar that moves is progress, not news. */
function isNews({ dialog, alerts, buttons }: ShownPage, before: ShownPage | undefined): boolean {
  if (before === undefined) return true;
  const differ = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);
  if (dialog) return differ(dialog, before.dialog);
  if (alerts.length > 0) return differ([alerts, buttons], [before.alerts, before.buttons]);
  return buttons.length > 0 && differ(buttons, before.buttons);
}
