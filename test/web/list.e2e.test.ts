/** The list of conversations: it is live, it says where there is news, and it finds words. */
import type { BrowserContextOptions, Locator } from 'playwright-core';
import { beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { violations } from '../kit/axe.ts';
import { photograph, type Tab, useBrowser } from '../kit/browser.ts';
import { log, said } from '../kit/on-the-page.ts';
import { usePageOnFakes } from '../kit/page-on-fakes.ts';
import { completed, message, started } from '../store/samples.ts';

const page = usePageOnFakes();
const browser = useBrowser();
const phone: BrowserContextOptions = {
  ...{ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  deviceScaleFactor: 2,
};

const idle: Head = { status: 'idle', calls: [], usage: { input_tokens: 1, output_tokens: 1 } };
const call = (status: 'running' | 'awaiting_approval') => ({
  ...{ id: 'call_1', tool: 'run_installer', status, percent: 40 },
  requested_at: '2030-01-01T00:00:00.000Z',
});
const turn = (from: number, number: number, text: string): Entry[] => [
  message(from, 'And?'),
  started(from + 1, number),
  completed(from + 2, number, text),
];

const item = (tab: Tab, title: string): Locator =>
  tab.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: title });

let nth = 0;
/** Titles that no other test has. */
let name: (what: string) => string;
beforeEach(() => {
  nth += 1;
  name = (what) => `${what} ${nth}`;
});

test('what happens elsewhere shows without a reload: a new conversation, its status, a request for approval, and news', async () => {
  const open = await page.holds(turn(1, 1, 'Here.'), idle, name('Open one'));
  const other = await page.holds(turn(1, 1, 'Old words.'), idle, name('Other one'));
  const tab = await browser.open(`${page.url}/#/${open}`);
  await said(tab, 'Here.').waitFor();
  await item(tab, name('Other one')).waitFor();
  // What was there before this browser came is not news.
  expect(await tab.locator('.list .has-news').count()).toBe(0);
  await page.holds(turn(1, 1, 'Fresh.'), idle, name('From elsewhere'));
  await item(tab, name('From elsewhere'))
    .getByText('new', { exact: true })
    .waitFor({ state: 'attached' });
  await page.adds(other, turn(4, 2, 'News.'), { ...idle, calls: [call('running')] });
  await item(tab, name('Other one')).getByText('1 running').waitFor();
  await item(tab, name('Other one'))
    .getByText('new', { exact: true })
    .waitFor({ state: 'attached' });
  await page.adds(other, turn(7, 3, 'May it?'), { ...idle, calls: [call('awaiting_approval')] });
  await item(tab, name('Other one')).getByText('needs you').waitFor();
  await photograph(tab, 'page-list');
  expect(await violations(tab)).toEqual([]);
  // Once it was looked at, it is no news, also after a reload and in another tab.
  await item(tab, name('Other one')).click();
  await said(tab, 'May it?').waitFor();
  await item(tab, name('Open one')).click();
  await said(tab, 'Here.').waitFor();
  const isNew = () => item(tab, name('Other one')).getByText('new', { exact: true }).count();
  await expect.poll(isNew).toBe(0);
  await tab.reload();
  await item(tab, name('Other one')).waitFor();
  expect(await isNew()).toBe(0);
  const beside = await browser.openBeside(tab, `${page.url}/#/${open}`);
  await item(beside, name('Other one')).waitFor();
  expect(await item(beside, name('Other one')).getByText('new', { exact: true }).count()).toBe(0);
});

test('a list in which nothing changes is asked for in answers without a body', async () => {
  const tab = await browser.open(page.url);
  const statuses: number[] = [];
  tab.on('response', (response) => {
    if (response.url().includes('/v1/conversations?')) statuses.push(response.status());
  });
  const unchanged = () => statuses.filter((status) => status === 204).length;
  await expect.poll(unchanged, { timeout: 60_000 }).toBeGreaterThan(1);
});

test('a search finds what was said by either, in any conversation, and says when nothing was found', async () => {
  await page.holds(turn(1, 1, `The ${name('walrus')} is ready.`), idle, name('Ancient'));
  // Further ones than the list shows at first.
  for (let more = 0; more < 45; more += 1) await page.holds([], idle, name(`Filler ${more}`));
  const tab = await browser.open(page.url);
  await item(tab, name('Filler 44')).waitFor();
  expect(await item(tab, name('Ancient')).count()).toBe(0);
  const search = tab.getByRole('searchbox', { name: 'Search conversations' });
  await search.fill(`READY ${name('Walrus')}`);
  await item(tab, name('Ancient')).waitFor();
  expect(await tab.locator('.list .item').count()).toBe(1);
  await photograph(tab, 'list-found');
  await search.fill('nobody said this');
  await tab.getByText('Nothing found.').waitFor();
  await photograph(tab, 'list-nothing-found');
  await search.fill('');
  await item(tab, name('Filler 44')).waitFor();
});

test('an item of a search shows what was said around its words, marked, and leads to that entry', async () => {
  const walrus = name('walrus');
  const trick = `\u202E<b>${walrus}</b>`;
  const far = 'And so on, and on. '.repeat(40);
  const id = await page.holds(
    [
      ...turn(1, 1, 'Nothing yet.'),
      ...[message(4, 'And?'), started(5, 2)],
      // This row stands between the start and the end of the reply.
      { ...message(6, 'Is it?'), when_busy: 'queue' },
      completed(7, 2, `${far} The moon, and the ${trick} too. ${far}`),
      ...turn(8, 3, 'Done.'),
    ],
    idle,
    name('With an excerpt'),
  );
  await page.holds([], idle, name('moon walrus'));
  for (const options of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, phone] as const) {
    const tab = await browser.open(page.url, options);
    const isPhone = options === phone;
    if (isPhone) await tab.getByRole('button', { name: 'Conversations' }).click();
    await tab.getByRole('searchbox').fill(`MOON ${walrus}`);
    const found = item(tab, name('With an excerpt'));
    const excerpt = found.locator('.item-excerpt');
    await excerpt.waitFor();
    const text = (await excerpt.textContent())!;
    expect(text).toMatch(/^….* The moon, and the ⟨U\+202E⟩<b>walrus \d+<\/b> too\. .*…$/);
    const marks = await excerpt.locator('mark').allTextContents();
    expect(new Set(marks)).toEqual(new Set(['moon', 'walrus', `${nth}`]));
    // Where only the title fits, there is nothing to show.
    await item(tab, name('moon walrus')).waitFor();
    expect(await item(tab, name('moon walrus')).locator('.item-excerpt').count()).toBe(0);
    await photograph(tab, `list-excerpt-${isPhone ? 'phone' : options.colorScheme}`);
    expect(await violations(tab)).toEqual([]);
    expect(await tab.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await found.click();
    expect(tab.url()).toBe(`${page.url}/#/${id}/7`);
    await log(tab).locator('.row.sought').getByText('The moon, and the').waitFor();
    if (isPhone) await expect.poll(() => tab.getByRole('searchbox').isVisible()).toBe(false);
  }
});

test('a search in a store that encrypts says that only titles were searched', async () => {
  const id = await page.holds([], idle, name('A title'));
  const { search } = page.store;
  try {
    page.store.search = async () => ({
      conversations: [(await page.store.conversation({ tenant: 'default', id }))!],
      searched: 'titles',
    });
    const tab = await browser.open(page.url);
    await tab.getByRole('searchbox', { name: 'Search conversations' }).fill('title');
    await item(tab, name('A title')).waitFor();
    await tab.getByText('What was said is encrypted in the store').waitFor();
  } finally {
    page.store.search = search;
  }
});
