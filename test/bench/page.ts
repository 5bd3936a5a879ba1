/**
 * A long conversation in Chromium, beside a short one: how soon it is there, whether the page stays smooth while a reply streams and a
 * call reports, and while the log is scrolled. The service has its store in memory, so the figures are those of the page.
 *
 * - `first_ms`: from opening the address until the newest message is on the screen; `ready_ms`: until the whole log was taken in.
 * - `stream`: a reply of 300 pieces, 50 ms apart, while a call reports five times a second and somebody types.
 * - `scroll`: the wheel turned from the end of the log to its beginning, and back.
 * - `frame_p95_ms`, `frame_longest_ms`: between two frames, as `requestAnimationFrame` counts them. A screen shows one each 16.7 ms.
 * - `busy_share`: CPU of the main thread, of the time; the figure that depends least on what else the machine does.
 * - `key_longest_ms`: from a key until the frame that shows its letter.
 * - `heap_mb`: after a garbage collection. `nodes`: elements of the document.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { Entry } from '../../contract/entry.ts';
import { launchChromium } from '../kit/chromium.ts';
import { type LongLog, longLog } from '../kit/long-log.ts';
import { type ServedPage, servePage } from '../kit/serve-page.ts';
import { percentile, ratio } from './figures.ts';

export const pageHelp = `npm run bench -- page [--entries 10000] [--pieces 300]
  A long conversation on the page in Chromium: when it is there, and how smooth it is while a reply streams and while it is scrolled.`;

const PIECE = 'Some words of a *long* answer, ';
const PACE_MS = 50;
const SHORT = 40;

export async function page(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      entries: { type: 'string', default: '10000' },
      pieces: { type: 'string', default: '300' },
    },
  });
  const served = await servePage();
  const browser = await launchChromium();
  try {
    // The first page also warms up the browser and its cache.
    await measured(browser, served, SHORT, 20);
    const short = await measured(browser, served, SHORT, Number(values.pieces));
    console.log(JSON.stringify(short));
    const long = await measured(browser, served, Number(values.entries), Number(values.pieces));
    console.log(JSON.stringify(long));
    return {
      bench: 'page',
      ...long,
      // To a log of 48 entries.
      stream_busy_ratio: ratio(long.stream.busy_share, short.stream.busy_share),
    };
  } finally {
    await browser.close();
    await served.close();
  }
}

async function measured(browser: Browser, served: ServedPage, count: number, pieces: number) {
  const held = longLog(count);
  const id = await served.holds(held.entries, held.head);
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  try {
    const tab = await context.newPage();
    const cdp = await context.newCDPSession(tab);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    const began = performance.now();
    await tab.goto(`${served.url}/#/${id}`);
    await tab.locator('.said').first().waitFor();
    const first_ms = Math.round(performance.now() - began);
    await tab
      .getByText(/is half done\.$/)
      .last()
      .waitFor();
    const ready_ms = Math.round(performance.now() - began);
    await tab.evaluate(RECORDER);
    await sleep(REST_MS);
    const stream = await during(tab, cdp, () => speak(tab, served, id, held, pieces));
    const scroll = await during(tab, cdp, () => scrollThrough(tab));
    await cdp.send('HeapProfiler.collectGarbage');
    const { JSHeapUsedSize = NaN } = await metrics(cdp);
    return {
      entries: held.entries.length,
      ...{ first_ms, ready_ms, stream, scroll },
      heap_mb: Math.round(JSHeapUsedSize / 100_000) / 10,
      nodes: await tab.locator('*').count(),
    };
  } finally {
    await context.close();
  }
}

const REST_MS = 2_000;

/** A reply that streams while a call reports and somebody types. */
async function speak(tab: Page, served: ServedPage, id: string, held: LongLog, pieces: number) {
  const conversation = { tenant: 'default', id };
  const last = held.entries.at(-1)!;
  const number = held.entries.filter(({ kind }) => kind === 'reply.started').length + 1;
  const reply_id = `reply_${number}`;
  const { at } = last;
  const started = { seq: last.seq + 1, at, actor: { type: 'agent', id: 'default' }, cause: [] };
  const kind = { kind: 'reply.started', reply_id, because: 'message', reason: 'a message came in' };
  const reply = { id: reply_id, started_at: at };
  await served.adds(id, [{ ...started, ...kind } as Entry], {
    ...held.head,
    ...{ status: 'replying', reply },
  });
  await served.store.beginDraft(conversation, reply_id, 1);
  const typing = tab.locator('textarea').pressSequentially('what is it doing at the moment?', {
    delay: (pieces * PACE_MS) / 40,
  });
  for (let nth = 0; nth < pieces; nth += 1) {
    // A paragraph now and then, as answers have.
    const text = nth % 40 === 39 ? `${PIECE}\n\n` : PIECE;
    const delta = { reply_id, attempt: 1, text };
    const draft = await served.store.draft(conversation);
    const offset = draft?.text.length ?? 0;
    await served.store.appendDraft(conversation, delta);
    served.bus.publish(conversation, { type: 'delta', ...delta, offset });
    const [call] = held.head.calls;
    if (call && nth % 4 === 0) {
      const percent = 50 + (nth / pieces) * 49;
      served.bus.publish(conversation, { type: 'progress', call_id: call.id, percent });
    }
    await sleep(PACE_MS);
  }
  await typing;
  // The last piece is on the screen.
  await tab.locator('.said.streaming').waitFor();
}

async function scrollThrough(tab: Page): Promise<void> {
  await tab.locator('.log').hover();
  for (const by of [-1, 1]) {
    for (let turn = 0; turn < TURNS; turn += 1) {
      await tab.mouse.wheel(0, by * STEP);
      await sleep(16);
    }
  }
}

/** As a person turns a wheel for some seconds; far enough to pass some thousand rows. */
const TURNS = 120;
const STEP = 1_500;

interface Recorded {
  frames: number[];
  keys: number[];
}

async function during(tab: Page, cdp: CDPSession, work: () => Promise<void>) {
  await tab.evaluate('recorder.begin()');
  const before = await metrics(cdp);
  await work();
  const after = await metrics(cdp);
  const { frames, keys }: Recorded = await tab.evaluate('recorder.end()');
  const share =
    ((after['TaskDuration'] ?? NaN) - (before['TaskDuration'] ?? NaN)) /
    ((after['Timestamp'] ?? NaN) - (before['Timestamp'] ?? NaN));
  return {
    frame_p50_ms: percentile(frames, 50),
    frame_p95_ms: percentile(frames, 95),
    frame_longest_ms: Math.round(Math.max(...frames) * 10) / 10,
    busy_share: Math.round(share * 1_000) / 1_000,
    ...(keys.length > 0 && { key_longest_ms: Math.max(...keys) }),
  };
}

async function metrics(cdp: CDPSession): Promise<Record<string, number>> {
  const { metrics: all } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

/** Runs in the page. */
const RECORDER = `
window.recorder = (() => {
  let frames = [], keys = [], last;
  const tick = (now) => {
    if (last !== undefined) frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries())
      if (name === 'keydown' || name === 'keypress') keys.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });
  return {
    begin() { frames = []; keys = []; last = undefined; },
    end: () => ({ frames, keys }),
  };
})();
undefined;
`;
