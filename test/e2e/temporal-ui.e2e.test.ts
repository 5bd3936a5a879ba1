/** The codec in the UI that Temporal's development server brings, in a real Chromium: a page of another origin, which asks as it asks any codec. */
import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { callWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { launchChromium } from '../kit/chromium.ts';
import { EXTENSIONS } from '../kit/extensions.ts';
import { asks, type PlayedModel, startPlayedModel } from '../kit/played-model.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { talk } from '../kit/talk.ts';
import { startTestTemporal, type TestTemporal } from '../kit/temporal.ts';

const TOKEN = 'a-token-of-the-tests-that-is-long-enough';
const LONG = { timeout: 60_000 };

let temporal: TestTemporal;
let model: PlayedModel;
let service: TestService;
let browser: Browser;
/** The page of a call whose tool had this input. */
let page: string;
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  temporal = await startTestTemporal((line) => console.log(line));
  begun.push(() => temporal.close());
  model = await startPlayedModel();
  begun.push(() => model.close());
  service = await startTestService({
    temporal: temporal.address,
    env: {
      OPENAI_BASE_URL: model.url,
      MEANWHILE_EXTENSIONS: EXTENSIONS,
      MEANWHILE_ENCRYPTION_KEYS: `one:${randomBytes(32).toString('base64')}`,
      MEANWHILE_CODEC_TOKEN: TOKEN,
      MEANWHILE_CORS_ORIGINS: new URL(temporal.uiUrl).origin,
    },
  });
  begun.push(() => service.remove());
  browser = await launchChromium();
  begun.push(() => browser.close());

  const { log } = await talk(service.client, 'Echo it.');
  (await model.asked()).says('I do.', asks('echoes', { words: 'zebra-input' }));
  const { call_id } = await log.until('it is echoed', () => log.of('call.completed')[0]);
  await log.close();
  const id = encodeURIComponent(callWorkflowId(DEFAULT_TENANT, call_id));
  page = `${temporal.uiUrl}/namespaces/${service.namespace}/workflows/${id}`;
}, 180_000);
afterEach((context) => service?.explain(context));
afterAll(async () => {
  for (const end of begun.toReversed()) await end();
});

interface Seen {
  page: Page;
  /** Status codes of the codec's answers. */
  answers: number[];
  /** What the browser said about requests that it did not allow. */
  refused: string[];
}

/** @param endpoint of the codec, as an operator enters it in the UI, which keeps it there */
async function look(endpoint?: string, url = page): Promise<Seen> {
  const context = await browser.newContext();
  const seen: Seen = { page: await context.newPage(), answers: [], refused: [] };
  seen.page.on('response', (response) => {
    if (response.url().includes('/codec/')) seen.answers.push(response.status());
  });
  seen.page.on('console', (message) => {
    if (message.text().includes('CORS')) seen.refused.push(message.text());
  });
  await context.addInitScript((given) => {
    if (given !== undefined) localStorage.setItem('endpoint', JSON.stringify(given));
  }, endpoint);
  await seen.page.goto(url);
  return seen;
}

const shown = ({ page }: Seen) => page.locator('body').innerText();

test('with the address of the codec the UI shows input and result of a call; without it, neither', async () => {
  const sealed = await look();
  await expect.poll(() => shown(sealed), LONG).toContain('encryption-key-id');
  expect(await shown(sealed)).not.toContain('zebra');

  const open = await look(`${service.url}/codec/${TOKEN}`);
  await expect.poll(() => shown(open), LONG).toContain('"words": "zebra-input"');
  // The tool turns the words round.
  await expect.poll(() => shown(open), LONG).toContain('"said": "input-zebra"');
  expect(new Set(open.answers)).toEqual(new Set([200]));
  expect(open.refused).toEqual([]);
}, 180_000);

test('with a wrong token the UI shows nothing', async () => {
  const seen = await look(`${service.url}/codec/${TOKEN}x`);
  await expect.poll(() => seen.answers, LONG).toContain(401);
  await expect.poll(() => shown(seen), LONG).toContain('encryption-key-id');
  expect(await shown(seen)).not.toContain('zebra');
}, 120_000);

test('the UI of another origin may not ask the codec, even with the token', async () => {
  // Another host name makes another origin of the same UI.
  const elsewhere = page.replace('127.0.0.1', 'localhost');
  const seen = await look(`${service.url}/codec/${TOKEN}`, elsewhere);
  await expect.poll(() => seen.refused.length, LONG).toBeGreaterThan(0);
  expect(await shown(seen)).not.toContain('zebra');
}, 120_000);
