/** The words that the page gives to a screen reader. */
import { expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { type Tab, useBrowser } from '../kit/browser.ts';
import { idIn, said, say } from '../kit/on-the-page.ts';
import { usePageOnFakes } from '../kit/page-on-fakes.ts';
import { completed, message, started } from '../store/samples.ts';

const page = usePageOnFakes();
const browser = useBrowser();
const PATIENCE = { timeout: 20_000 };

const idle: Head = { status: 'idle', calls: [], usage: { input_tokens: 1, output_tokens: 1 } };
const turn = (number: number, text: string): Entry[] => {
  const seq = 3 * (number - 1) + 1;
  return [message(seq, 'And?'), started(seq + 1, number), completed(seq + 2, number, text)];
};

/** Collects everything that is announced in this tab from now on. */
async function listen(tab: Tab): Promise<() => Promise<string[]>> {
  await tab.evaluate(() => {
    const { document, MutationObserver } = globalThis as any;
    const announced: string[] = ((globalThis as any).announced = []);
    const element = document.querySelector('.app > [role="status"]');
    new MutationObserver(() => announced.push(element.textContent.trim())).observe(element, {
      ...{ childList: true, characterData: true, subtree: true },
    });
  });
  return () => tab.evaluate(() => (globalThis as any).announced);
}

test.each([1, 700])(
  'a conversation of %i turns that is opened is not read out, and its next message is',
  async (turns) => {
    const old = Array.from({ length: turns }, (_, nth) => turn(nth + 1, `Old ${nth + 1}.`));
    const id = await page.holds(old.flat(), idle, 'Opened');
    const tab = await browser.open(page.url);
    const announced = await listen(tab);
    const head = tab.waitForResponse((answer) => answer.url().endsWith(`/v1/conversations/${id}`));
    await tab.goto(`${page.url}/#/${id}`);
    await said(tab, `Old ${turns}.`).waitFor();
    await head;
    await page.adds(id, turn(turns + 1, 'New.'), idle);
    await expect.poll(announced, PATIENCE).toContain('Agent: New.');
    // Nothing is read out again after a look at the timeline.
    await tab.goto(`${page.url}/#/${id}/why`);
    await tab.getByRole('list', { name: 'Turns' }).waitFor();
    await tab.goto(`${page.url}/#/${id}`);
    await said(tab, 'New.').waitFor();
    await page.adds(id, turn(turns + 2, 'Newest.'), idle);
    await expect.poll(announced, PATIENCE).toContain('Agent: Newest.');
    expect(await announced()).toEqual(['Agent: New.', 'Agent: Newest.']);
  },
);

test('the first answer in a conversation that the page has begun is read out, however soon it comes', async () => {
  const tab = await browser.open(page.url);
  const announced = await listen(tab);
  const added = Promise.withResolvers<void>();
  // Whatever the page asks about the conversation is answered after its first reply.
  await tab.route(/\/v1\/conversations\/[\w-]+$/, async (route) => {
    await added.promise;
    await route.continue();
  });
  await say(tab, 'Hello?');
  await tab.waitForURL(/#\/[\w-]+$/);
  await page.adds(idIn(tab), turn(1, 'Hello.'), idle);
  added.resolve();
  await expect.poll(announced, PATIENCE).toContain('Agent: Hello.');
});
