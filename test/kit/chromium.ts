/** Debian's Chromium, without a window. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** @throws Error if no Chromium is installed */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: FLAGS });

function chromiumPath(): string {
  const found = PLACES.find((path) => existsSync(path));
  if (!found) {
    throw new Error(`Chromium is missing: install Debian's package "chromium" (${PLACES[0]}).`);
  }
  return found;
}

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Nothing beyond the page is loaded, and a container needs no further rights. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
