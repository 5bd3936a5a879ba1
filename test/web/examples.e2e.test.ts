/** Every example but the installer on the page while it is played, with the scripted model. That one is the scenario of the README. */
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Meanwhile } from '../../client/index.ts';
import { settings } from '../../config.ts';
import { photograph, type Tab, useBrowser } from '../kit/browser.ts';
import { createNamespace } from '../kit/namespace.ts';
import { approval, bar, log, said } from '../kit/on-the-page.ts';

/** A whole service starts. */
const LONGEST_MS = 240_000;
const browser = useBrowser();

test(
  'the chart of the pipeline grows with each chunk, stays in the log, and can be read as a table',
  async () => {
    const example = await play('pipeline');
    const tab = await example.open();
    const europe = bar(tab, 'Europe').locator('figure.tool-chart');
    await europe.waitFor();
    await europe.getByRole('caption').getByText('People in cities').waitFor();
    const first = await europe.innerText();
    await example.isOver();
    const last = log(tab).locator('figure.tool-chart').last();
    await last.waitFor();
    expect(await europe.count()).toBe(0);
    expect(await last.innerText()).not.toBe(first);
    expect(await last.getByRole('row').count()).toBe(8);
    expect(await last.getByRole('rowheader').first().innerText()).toBe('Germany');
    const [widest, ...others] = await last
      .locator('rect')
      .evaluateAll((bars) => bars.map((each: any): number => each.getBoundingClientRect().width));
    expect(widest).toBeGreaterThan(50);
    expect(others.every((width) => width > 0 && width < widest!)).toBe(true);
    await photograph(tab, 'example-pipeline');
  },
  LONGEST_MS,
);

test(
  'the page that a tool drives is seen to change, and its dialog cuts into what the agent says',
  async () => {
    const example = await play('gui');
    const tab = await example.open();
    await bar(tab, 'watch_page').waitFor();
    await said(tab, /A dialog has opened: .* I press "Stay signed in"/).waitFor();
    await said(tab, /The build is red: Test "checkout" failed/).waitFor();
    await bar(tab, 'watch_page')
      .getByText(/Building: \w+ \(step \d of 5\)/)
      .waitFor();
    await photograph(tab, 'example-gui');
    await example.isOver();
    const last = said(tab, /Done\. Deployed release/);
    await last.waitFor();
    expect(await last.locator('.because').innerText()).toContain('watch_page');
    expect(await bar(tab, '').count()).toBe(0);
  },
  LONGEST_MS,
);

test(
  'an urgent alert cuts into an answer, warnings are told along, and the end of the watch is said',
  async () => {
    const example = await play('alerts');
    const tab = await example.open();
    await said(tab, /Urgent: the payment provider does not answer/)
      .first()
      .waitFor();
    await said(tab, /The queue is long: .*; ticket QX-\d+/)
      .first()
      .waitFor();
    await bar(tab, 'watch_shop').waitFor();
    await log(tab).getByText('Cut off by urgent news.').first().waitFor();
    await photograph(tab, 'example-alerts');
    await example.isOver();
    const last = said(tab, /Nobody watches the shop any more/);
    await last.waitFor();
    expect(await last.locator('.because').innerText()).toMatch(/^watch_shop .*failed/);
    const warnings = log(tab).locator('.unprompted').filter({ hasText: 'A warning' });
    // No warning alone made the agent speak: what else it says stands beside it.
    for (const text of await warnings.allInnerTexts()) expect(text).toMatch(/Urgent|queue/);
  },
  LONGEST_MS,
);

test(
  'prices that change under an order are told, its approval is asked for again, and the old order is refused',
  async () => {
    const example = await play('changes');
    const tab = await example.open();
    await example.isOver();
    await said(tab, /Nordwind has changed the price of a hinge from 4.2 to 6.37/).waitFor();
    const ordered = said(tab, /Ordered: OX-\d+, 120.1 in all/);
    await ordered.waitFor();
    await photograph(tab, 'example-changes');
    const ends = log(tab).locator('.row.end').filter({ hasText: 'place_order' });
    const hows = await ends.locator('.how').allInnerTexts();
    expect(hows.at(-1)).toMatch(/^finished/);
    expect(hows.slice(0, -1).every((how) => /^(failed|cancelled|denied)/.test(how))).toBe(true);
    expect(hows.length).toBeGreaterThan(1);
    expect(await approval(tab).count()).toBe(0);
  },
  LONGEST_MS,
);

/** Starts an example as a user does, and keeps its service until the test is over. */
async function play(name: string) {
  const address = inject('temporalAddress');
  const unset = Object.keys(settings.shape).map((setting) => [setting, undefined] as const);
  const program = execa(process.execPath, ['examples/main.ts', name, '--stay'], {
    env: {
      ...Object.fromEntries(unset),
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: await createNamespace(address) },
      PIPELINE_CHUNK_MS: '1500',
      CHANGES_ITEM_MS: '600',
    },
    reject: false,
  });
  onTestFinished(async () => {
    program.kill();
    await program;
  });
  let output = '';
  program.stdout.on('data', (data: Buffer) => void (output += data.toString()));
  const printed = async (pattern: RegExp): Promise<string> => {
    await expect.poll(() => output, POLL).toMatch(pattern);
    return pattern.exec(output)![1]!;
  };
  const url = await printed(/(http:\/\/\S+), with /);
  const { conversations } = new Meanwhile({ baseURL: url });
  return {
    async open(): Promise<Tab> {
      const newest = async () => (await conversations.list()).conversations[0]?.id;
      await expect.poll(newest, POLL).toBeTypeOf('string');
      const tab = await browser.open(`${url}/#/${await newest()}`);
      // What happens in an example takes its time.
      tab.setDefaultTimeout(POLL.timeout);
      return tab;
    },
    /** Resolves once the checks have passed. */
    async isOver(): Promise<void> {
      await printed(/(To go on): /);
      expect(output).not.toContain('✗');
    },
  };
}

const POLL = { timeout: 200_000, interval: 100 };
