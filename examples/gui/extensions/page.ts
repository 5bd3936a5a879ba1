/** A page in a real browser, and what a person would see on it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** What the page shows. */
export interface ShownPage {
  status?: string;
  percent?: number;
  alerts: string[];
  dialog?: { text: string; buttons: string[] };
  /** The buttons that can be pressed now: none while a dialog is open. */
  buttons: string[];
}

export interface WatchedPage {
  title: string;
  /** Yields what the page shows, at once and after each change. Ends when the page is closed. */
  shown(signal: AbortSignal): AsyncGenerator<ShownPage, void, void>;
  close(): Promise<void>;
}

/** The open pages by URL, for the other tools. */
const pages = new Map<string, Page>();

export async function openPage(url: string): Promise<WatchedPage> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const changes = createChanges();
    // The page calls this whenever it has changed.
    await page.exposeFunction('meanwhileChanged', changes.poke);
    await page.addInitScript(reportChanges);
    await page.goto(url, { waitUntil: 'load', timeout: 30_000 });
    page.on('close', changes.poke);
    pages.set(url, page);
    return {
      title: await page.title(),
      async *shown(signal) {
        let before = '';
        while (!page.isClosed() && !signal.aborted) {
          const shown = await look(page);
          const now = JSON.stringify(shown);
          if (now !== before) yield shown;
          before = now;
          await changes.next(signal);
        }
      },
      async close() {
        pages.delete(url);
        await browser.close();
      },
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** @throws Error that tells the model what to do instead */
export async function pressButton(name: string): Promise<ShownPage> {
  const page = [...pages.values()].at(-1);
  if (!page) throw new Error('No page is open. Open one with watch_page first.');
  const { buttons, dialog } = await look(page);
  const offered = dialog ? dialog.buttons : buttons;
  if (!offered.includes(name)) {
    const where = dialog ? 'A dialog is open, and it has' : 'The page has';
    throw new Error(`${where} only these buttons: ${offered.join(', ') || 'none'}.`);
  }
  await page.getByRole('button', { name, exact: true }).click({ timeout: 5_000 });
  return look(page);
}

function launch(): Promise<Browser> {
  const executablePath = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find(existsSync);
  return chromium.launch({
    ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
}

/** Runs in the page. It reports changes that come together once. */
function reportChanges(): void {
  const { document, MutationObserver, meanwhileChanged } = globalThis as any;
  let isDue = false;
  const observer = new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      meanwhileChanged();
    }, 50);
  });
  observer.observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
}

/** Reads the page by the roles that screen readers use, so that any accessible page works. */
const look = (page: Page): Promise<ShownPage> =>
  page.evaluate(() => {
    const { document } = globalThis as any;
    const all = (within: any, selector: string): any[] => [...within.querySelectorAll(selector)];
    const isVisible = (element: any) => element.getClientRects().length > 0;
    const textsOf = (selector: string) =>
      all(document, selector)
        .filter((element) => isVisible(element))
        .map((element) => element.textContent.trim())
        .filter((text) => text !== '');
    const namesIn = (within: any) =>
      all(within, 'button:enabled')
        .filter((element) => isVisible(element))
        .map((element) => element.textContent.trim());
    const open = document.querySelector('dialog[open]');
    const bar = all(document, 'progress[value]').find((element) => isVisible(element));
    const status = textsOf('[role="status"]').join(' ');
    const text =
      open &&
      all(open, 'p, h1, h2')
        .map((element) => element.textContent.trim())
        .join(' ');
    return {
      ...(status && { status }),
      ...(bar && { percent: Math.round((100 * bar.value) / bar.max) }),
      alerts: textsOf('[role="alert"]'),
      ...(open && { dialog: { text, buttons: namesIn(open) } }),
      buttons: open ? [] : namesIn(document),
    };
  });

function createChanges() {
  let missed = false;
  let wake: (() => void) | undefined;
  return {
    poke(): void {
      missed = true;
      wake?.();
    },
    /** Resolves at once if something has changed since the last time. */
    async next(signal: AbortSignal): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (!missed && !signal.aborted) await promise;
      missed = false;
    },
  };
}
