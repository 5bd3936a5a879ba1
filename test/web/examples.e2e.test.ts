/** An example on the page while it is played, with the scripted model. */
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Meanwhile } from '../../client/index.ts';
import { settings } from '../../config.ts';
import { photograph, type Tab, useBrowser } from '../kit/browser.ts';
import { createNamespace } from '../kit/namespace.ts';
import { bar, log } from '../kit/on-the-page.ts';

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

/** Starts an example as a user does, and keeps its service until the test is over. */
async function play(name: string) {
  const address = inject('temporalAddress');
  const unset = Object.keys(settings.shape).map((setting) => [setting, undefined] as const);
  const program = execa(process.execPath, ['examples/main.ts', name, '--stay'], {
    env: {
      ...Object.fromEntries(unset),
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: await createNamespace(address) },
      PIPELINE_CHUNK_MS: '1500',
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
      return browser.open(`${url}/#/${await newest()}`);
    },
    /** Resolves once the checks have passed. */
    async isOver(): Promise<void> {
      await printed(/(To go on): /);
      expect(output).not.toContain('✗');
    },
  };
}

const POLL = { timeout: 120_000, interval: 100 };
