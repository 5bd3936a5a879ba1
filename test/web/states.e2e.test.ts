/** The states in which a person may find the page, each looked at in light, dark and on a phone. */
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { violations } from '../kit/axe.ts';
import { photograph, type Tab, useBrowser } from '../kit/browser.ts';
import { approval, bar, log, panel, said } from '../kit/on-the-page.ts';
import { usePageOnFakes } from '../kit/page-on-fakes.ts';
import { askingLog, busyLog, closedLog, troubledLog } from '../kit/state-logs.ts';

const page = usePageOnFakes();
const browser = useBrowser();
const LONG_TITLE =
  'Read https://reports.example.com/2030/first-quarter/regions/northern-and-western-europe and compare the offers';

let ids: Record<'asking' | 'busy' | 'troubled' | 'closed' | 'nothing', string>;
beforeAll(async () => {
  const [busy, troubled, closed] = [busyLog(), troubledLog(), closedLog()];
  const idle = { ...closed.head, status: 'idle' as const };
  const asking = askingLog();
  ids = {
    asking: await page.holds(asking.entries, asking.head, 'Release version 8'),
    nothing: await page.holds([], idle, ''),
    closed: await page.holds(closed.entries, closed.head, 'Thank you'),
    troubled: await page.holds(troubled.entries, troubled.head, 'A bad day'),
    busy: await page.holds(busy.entries, busy.head, LONG_TITLE),
  };
});

/** What stands out of the place that it belongs to: beyond the screen, or over another column. */
const strayed = (tab: Tab): Promise<string[]> =>
  tab.evaluate(`[...document.querySelectorAll('.header > *, .composer, .cell, .bar, .approval, .item, .notice-line, .turn')]
    .filter((each) => {
      const own = each.getBoundingClientRect();
      const place = each.closest('.sidebar, .main, .panel').getBoundingClientRect();
      return own.width > 0 && (own.left < place.left - 1 || own.right > place.right + 1 || own.right > innerWidth + 1);
    })
    .map((each) => each.className + ': ' + each.innerText.slice(0, 40))`);

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 900, height: 800 } }],
  [
    'phone',
    { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
  ],
] as [string, BrowserContextOptions][])('%s', (name, options) => {
  const open = (which: keyof typeof ids, view = '') =>
    browser.open(`${page.url}/#/${ids[which]}${view}`, options);
  const look = async (tab: Tab, state: string) => {
    await photograph(tab, `state-${state}-${name}`);
    expect(await strayed(tab)).toEqual([]);
    expect(await violations(tab)).toEqual([]);
  };
  const isFolded = name === 'narrow' || name === 'phone';

  test('calls of every kind and an approval stay in their places, however long their words', async () => {
    const tab = await open('busy');
    await said(tab, 'The price list has 4 offers.').waitFor();
    if (isFolded) {
      const fold = panel(tab).getByRole('button', { name: '1 needs you · 2 running · 1 queued' });
      await look(tab, 'busy');
      await fold.click();
    }
    await bar(tab, 'survey').getByText('1 of 2 results').waitFor();
    await bar(tab, 'render_video').getByText('1 in line').waitFor();
    const percent = bar(tab, 'read_web_page').getByRole('progressbar');
    expect(await percent.getAttribute('value')).toBe('62.4');
    expect(await approval(tab).innerText()).toContain('48.5');
    await look(tab, isFolded ? 'busy-open' : 'busy');
  });

  test('a question is a form that says what is wrong where it is wrong, or a link to a page', async () => {
    const tab = await open('asking');
    if (isFolded) await panel(tab).getByRole('button', { name: '2 need you' }).click();
    const form = approval(tab).filter({ hasText: 'How should version 8 be published?' });
    await form.getByRole('radio', { name: 'Beta' }).waitFor();
    // It takes no click at once.
    await form.locator('button:enabled', { hasText: 'Answer' }).waitFor();
    await log(tab).getByText('asks you').first().waitFor();
    if (!isFolded) {
      const item = tab.getByRole('link', { name: 'Release version 8' });
      await item.getByText('needs you').waitFor();
    }
    await look(tab, 'asking');
    await form.getByLabel('Release notes').fill('Faster start, and a dark theme.');
    await form.getByLabel('Europe').check();
    await form.getByLabel('Status page').fill('none');
    await form.getByRole('button', { name: 'Answer' }).click();
    await form.getByText('It must be an address, such as https://example.com.').waitFor();
    await form.getByText('Nothing was sent yet').scrollIntoViewIfNeeded();
    await look(tab, 'asking-wrong');
    const visit = approval(tab).filter({ hasText: 'Sign in to the store' });
    await visit.getByRole('link', { name: 'store.example.com' }).scrollIntoViewIfNeeded();
    await look(tab, 'asking-visit');
  });

  test('replies that were cut off or failed, calls that did not run, and a limit say so', async () => {
    const tab = await open('troubled');
    await log(tab).getByText('It is quiet until you write.').waitFor();
    await look(tab, 'troubled-end');
    await log(tab).focus();
    await tab.keyboard.press('Home');
    const says = (words: string) => log(tab).getByText(words).first().waitFor();
    await says('Cut off by your message.');
    await look(tab, 'troubled');
    await says('It was taken back: the agent does not know that it said this.');
    await tab.keyboard.press('End');
    for (const words of [
      'The reply failed.',
      'failed after 2.0 s: NotReachable',
      'not run: a newer message came first',
      'denied',
    ]) {
      await says(words);
    }
    await tab.goto(`${page.url}/#/${ids.troubled}/why/14`);
    await tab.locator('.turn.open').waitFor();
    await look(tab, 'troubled-why');
  });

  test('a conversation that is closed or has nothing in it says what can be done', async () => {
    const tab = await open('closed');
    await tab.getByText('This conversation is closed.').waitFor();
    await look(tab, 'closed');
    await tab.goto(`${page.url}/#/${ids.nothing}`);
    await tab.getByText('Nothing was said yet.').waitFor();
    await look(tab, 'nothing');
  });
});
