/** The page for everybody: with a keyboard, a screen reader, a phone, at night, with ten thousand entries, and with a key. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { pageFolder } from '../../cli/page.ts';
import { Meanwhile } from '../../client/index.ts';
import { violations } from '../kit/axe.ts';
import { photograph, useBrowser } from '../kit/browser.ts';
import { longLog } from '../kit/long-log.ts';
import { bar, field, log, panel, said, say } from '../kit/on-the-page.ts';
import { usePageOnFakes } from '../kit/page-on-fakes.ts';

const page = usePageOnFakes();
const browser = useBrowser();
const phone: BrowserContextOptions = {
  ...{ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  deviceScaleFactor: 2,
};

let short: string;
let long: string;
beforeAll(async () => {
  const few = longLog(40);
  short = await page.holds(few.entries, few.head, 'Install two packages');
  const many = longLog(10_000);
  long = await page.holds(many.entries, many.head);
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', phone],
] as [string, BrowserContextOptions][])('%s', (name, options) => {
  test('no view violates what axe knows of accessibility', async () => {
    const tab = await browser.open(page.url, options);
    await tab.getByRole('heading', { name: /keeps talking/ }).waitFor();
    expect(await violations(tab)).toEqual([]);
    await tab.goto(`${page.url}/#/${short}`);
    await said(tab, 'Package').first().waitFor();
    await photograph(tab, `page-${name}`);
    expect(await violations(tab)).toEqual([]);
    if (name === 'phone') {
      await panel(tab)
        .getByRole('button', { name: /running/ })
        .click();
      await bar(tab, 'run_installer').waitFor();
      expect(await violations(tab)).toEqual([]);
      await tab.getByRole('button', { name: 'Conversations' }).click();
      await tab.getByRole('searchbox').waitFor();
      expect(await violations(tab)).toEqual([]);
    }
    await tab.goto(`${page.url}/#/${short}/why/3`);
    await tab.locator('.turn.open').waitFor();
    await photograph(tab, `page-timeline-${name}`);
    expect(await violations(tab)).toEqual([]);
    await tab.goto(`${page.url}/#/conv_none`);
    await tab.getByText('There is no such conversation').waitFor();
    expect(await violations(tab)).toEqual([]);
  });

  test('nothing is wider than the screen', async () => {
    const tab = await browser.open(`${page.url}/#/${short}`, options);
    await said(tab, 'Package').first().waitFor();
    const overflow = 'document.documentElement.scrollWidth - innerWidth';
    expect(await tab.evaluate(overflow)).toBe(0);
    await tab.goto(`${page.url}/#/${short}/why`);
    await tab.locator('.turn').first().waitFor();
    expect(await tab.evaluate(overflow)).toBe(0);
  });
});

describe('ten thousand entries', () => {
  test('stay few elements, open at their end, and are reached at any place', async () => {
    const tab = await browser.open(`${page.url}/#/${long}`);
    await said(tab, 'is half done.').last().waitFor();
    const atEnd = async () =>
      tab.evaluate(
        '(() => { const l = document.querySelector(".log"); return l.scrollHeight - l.scrollTop - l.clientHeight; })()',
      );
    await expect.poll(atEnd).toBeLessThan(2);
    expect(await tab.locator('*').count()).toBeLessThan(2_000);
    await log(tab).hover();
    await tab.mouse.wheel(0, -30_000);
    await tab.getByRole('button', { name: 'Newest' }).waitFor();
    expect(await tab.locator('*').count()).toBeLessThan(2_000);
    await tab.getByRole('button', { name: 'Newest' }).click();
    await expect.poll(atEnd).toBeLessThan(2);
    await tab.goto(`${page.url}/#/${long}/5000`);
    const sought = log(tab).locator('.row.sought');
    await sought.waitFor();
    const seq = Number(await sought.getAttribute('data-seq'));
    expect(seq).toBeLessThanOrEqual(5_000);
    expect(seq).toBeGreaterThan(4_990);
  });

  test('have a timeline of few elements', async () => {
    const tab = await browser.open(`${page.url}/#/${long}/why`);
    await tab.locator('.chart .reply').first().waitFor();
    expect(await tab.locator('*').count()).toBeLessThan(4_000);
  });
});

test('everything is reached by keyboard, and focus stays where it is', async () => {
  const tab = await browser.open(`${page.url}/#/${short}`);
  await said(tab, 'Package').first().waitFor();
  expect(await field(tab).evaluate((element: any) => element.matches(':focus'))).toBe(true);
  await tab.keyboard.press('Shift+Tab');
  const seen = new Set<string>();
  for (let step = 0; step < 60; step++) {
    await tab.keyboard.press('Tab');
    seen.add(
      await tab.evaluate(
        '(document.activeElement.getAttribute("aria-label") || document.activeElement.innerText || document.activeElement.tagName).trim().split("\\n")[0]',
      ),
    );
  }
  const named = [...seen].join('|');
  for (const name of [
    'New conversation',
    'Search conversations',
    'All',
    'Talk',
    'Timeline',
    'More',
  ]) {
    expect(named).toContain(name);
  }
  expect(named).toContain('Conversation|');
  expect(named).toMatch(/Cancel run_installer/);
  expect(named).toContain('Message');
});

describe('a service that asks for a key', () => {
  const closed = usePageOnFakes({ isClosed: true });
  let id: string;
  beforeAll(async () => {
    const { entries, head } = longLog(40);
    id = await closed.holds(entries, head, 'Install two packages');
  });

  test('is asked with the one that a person gives, which is kept for the tab alone', async () => {
    const tab = await browser.open(`${closed.url}/#/${id}`);
    const key = tab.getByLabel('API key');
    await key.waitFor();
    await photograph(tab, 'page-key');
    expect(await violations(tab)).toEqual([]);
    await key.fill('mw_live_wrong');
    await tab.getByRole('button', { name: 'Continue' }).click();
    await tab.getByText('does not accept this key').waitFor();
    const good = await closed.key('read', 'write');
    await key.fill(` ${good} `);
    await key.press('Enter');
    await said(tab, 'Package').first().waitFor();
    await tab.reload();
    await said(tab, 'Package').first().waitFor();
    expect(await tab.evaluate('Object.values(localStorage).join()')).not.toContain(good);
    await tab.getByRole('button', { name: 'Forget the key' }).click();
    await key.waitFor();
  });

  test('says what a key does not allow, and loses nothing that was written', async () => {
    const tab = await browser.open(`${closed.url}/#/${id}`);
    await tab.getByLabel('API key').fill(await closed.key('read'));
    await tab.getByRole('button', { name: 'Continue' }).click();
    await said(tab, 'Package').first().waitFor();
    await say(tab, 'May I?');
    await log(tab).locator('.refused').getByText(/write/).waitFor();
    await log(tab).getByRole('button', { name: 'Edit' }).click();
    expect(await field(tab).inputValue()).toBe('May I?');
  });

  test('shows a single conversation to who has a token for no more', async () => {
    const key = await closed.key('read', 'write');
    const owner = new Meanwhile({ baseURL: closed.url, apiKey: key });
    const { token } = await owner.conversations.open(id).createToken();
    const tab = await browser.open(`${closed.url}/#/${id}`);
    await tab.getByLabel('API key').fill(token);
    await tab.getByRole('button', { name: 'Continue' }).click();
    await said(tab, 'Package').first().waitFor();
    await tab.getByText('Your key may not list conversations.').waitFor();
  });
});

test.each([
  ['no-preference', true],
  ['reduce', false],
] as const)(
  'with the motion setting %s, whether anything moves: %s',
  async (reducedMotion, moves) => {
    const tab = await browser.open(`${page.url}/#/${short}`, { reducedMotion });
    await bar(tab, 'run_installer').waitFor();
    const moving = await tab.evaluate(`
    [...document.querySelectorAll('*')].some((element) => {
      const { animationName, transitionDuration } = getComputedStyle(element);
      return animationName !== 'none' || !/^0s(, 0s)*$/.test(transitionDuration);
    })`);
    expect(moving).toBe(moves);
  },
);

test('the whole page is at most 100 kB, as it is sent, and as large as its documentation says', async () => {
  const folder = (await pageFolder())!;
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  expect(sizes.length).toBeGreaterThanOrEqual(4);
  const size = sizes.reduce((sum, each) => sum + each, 0);
  expect(size).toBeLessThanOrEqual(100_000);
  const text = await readFile(join(import.meta.dirname, '../../docs/page.md'), 'utf8');
  const said = Number(/Its files are (\d+) kB gzipped/.exec(text)?.[1]);
  expect(Math.abs(said - size / 1_000)).toBeLessThan(2);
});
