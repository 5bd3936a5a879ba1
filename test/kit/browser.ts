/** Tabs for tests of the page. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pageFolder } from '../../cli/page.ts';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchChromium } from './chromium.ts';

export interface Tab extends Page {
  /** Errors of its scripts, and what its content security policy has refused. */
  faults: string[];
}

export interface TestBrowser {
  /** A tab of a browser with its own storage. */
  open(url: string, options?: BrowserContextOptions): Promise<Tab>;
  /** Another tab of the same browser. */
  openBeside(tab: Tab, url: string): Promise<Tab>;
}

/** For all tests of a file. No test passes whose page had a fault. */
export function useBrowser(): TestBrowser {
  let browser: Browser;
  let tabs: Tab[] = [];
  beforeAll(async () => {
    // Built before the first test needs it.
    await pageFolder();
    browser = await launchChromium();
  });
  afterEach(async () => {
    const faults = tabs.flatMap((tab) => tab.faults);
    await Promise.all(browser.contexts().map((context) => context.close()));
    tabs = [];
    expect(faults).toEqual([]);
  });
  afterAll(() => browser.close());

  async function watched(page: Page, url: string): Promise<Tab> {
    const tab = Object.assign(page, { faults: [] as string[] });
    tabs.push(tab);
    tab.on('pageerror', (error) => tab.faults.push(error.stack ?? error.message));
    tab.on('console', (message) => {
      const text = message.text();
      // A service that is away is part of some tests.
      if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(text)) {
        tab.faults.push(text);
      }
    });
    tab.setDefaultTimeout(30_000);
    await tab.goto(url);
    return tab;
  }

  return {
    async open(url, options) {
      const context = await browser.newContext({
        viewport: { width: 1360, height: 860 },
        locale: 'en-GB',
        // What is photographed does not move.
        reducedMotion: 'reduce',
        ...options,
      });
      return watched(await context.newPage(), url);
    },
    openBeside: async (tab, url) => watched(await tab.context().newPage(), url),
  };
}

/** Writes a picture for the documents where SCREENSHOTS names a folder; otherwise the state is only looked at. */
export async function photograph(tab: Tab, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await tab.mouse.move(0, 0);
  await tab.screenshot({ path: join(folder, `${name}.png`) });
}
