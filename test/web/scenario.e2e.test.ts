/** The scenario of the README, played by clicking, with the demo model; and what the page does when the service dies. */
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { photograph, useBrowser } from '../kit/browser.ts';
import { approval, bar, field, idIn, log, panel, said, say, wrote } from '../kit/on-the-page.ts';
import { startTestService, type TestService } from '../kit/service.ts';

/** They have a payment that a person approves. */
const EXAMPLES = fileURLToPath(new URL('../../docs/examples/extensions', import.meta.url));

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  const PORT = String(await getPort());
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: { PORT, MEANWHILE_MAX_RUNNING: '2', MEANWHILE_EXTENSIONS: EXAMPLES },
  });
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

test('a person installs, asks, hears of progress, cancels, and installs something else', async () => {
  const tab = await browser.open(service.url);
  await tab.getByRole('heading', { name: /keeps talking/ }).waitFor();
  await photograph(tab, 'page-new');
  await tab.getByRole('button', { name: 'run the installer and update me every 25%' }).click();
  await said(tab, /Starting the installer for alpha/).waitFor();
  await bar(tab, 'alpha').getByRole('progressbar').waitFor();

  await say(tab, 'what is a signal in Temporal?');
  await said(tab, /A signal in Temporal is an asynchronous message/).waitFor();
  expect(await bar(tab, 'alpha').count()).toBe(1);

  const unprompted = log(tab).locator('.unprompted');
  await unprompted.filter({ hasText: 'alpha: 25 % done.' }).waitFor();
  expect(await unprompted.first().innerText()).toMatch(
    /^Agent:\s+run_installer alpha reached 25\s%/,
  );
  await unprompted.filter({ hasText: 'alpha: 50 % done.' }).waitFor();
  await say(tab, 'How far is it?');
  await said(tab, /alpha is at \d\d %/).waitFor();

  await bar(tab, 'alpha').getByRole('button', { name: 'Cancel run_installer alpha' }).click();
  await bar(tab, 'alpha').waitFor({ state: 'detached' });
  await log(tab).getByText('cancelled by you').waitFor();
  await say(tab, 'install beta instead, update me every 25%');
  await bar(tab, 'beta').waitFor();
  await unprompted.filter({ hasText: 'beta is installed.' }).waitFor();
  expect(await panel(tab).locator('.ended').innerText()).toMatch(/beta/);
});

test('running and queued calls and an approval stand beside the talk', async () => {
  const tab = await browser.open(service.url);
  await say(tab, 'install alpha, update me every 25%');
  await bar(tab, 'alpha').waitFor();
  await say(tab, 'install beta and gamma, only tell me at the end');
  await bar(tab, 'gamma').getByText('1 in line').waitFor();
  await say(tab, 'pay 20 to ann');
  await approval(tab).getByText('May this payment be sent?').waitFor();
  await say(tab, 'what is a signal in Temporal?');
  await said(tab, /as soon as one does/).waitFor();
  await log(tab).locator('.unprompted').first().waitFor();
  await photograph(tab, 'page-talk');
  await approval(tab).getByRole('button', { name: 'Approve' }).click();
  await log(tab).locator('.unprompted').filter({ hasText: 'send_payment is done' }).waitFor();
  await tab.getByRole('link', { name: 'Timeline' }).click();
  await tab.locator('.turn-head').filter({ hasText: 'send_payment' }).last().click();
  await tab.locator('.turn.open').waitFor();
  await photograph(tab, 'page-timeline');
});

test('two browsers see the same conversation, and either may stop the other’s reply', async () => {
  const one = await browser.open(service.url);
  await say(one, 'install gamma, update me every 50%');
  await bar(one, 'gamma').waitFor();
  const two = await browser.open(one.url());
  await bar(two, 'gamma').waitFor();
  await say(two, 'what is a signal in Temporal?');
  await wrote(one, 'what is a signal').waitFor();
  const stop = one.getByRole('button', { name: 'Stop talking' });
  const stopped = log(two).getByText('You stopped it here.').first();
  const isStopped = () => seen(stopped.waitFor({ timeout: 3_000 }));
  // The answer may be over before a slow browser has pressed the button. Then it is asked for again.
  for (let round = 1; !(await seen(stop.click({ timeout: 3_000 }))) || !(await isStopped());) {
    expect((round += 1)).toBeLessThan(10);
    await say(two, 'what is a signal in Temporal?');
  }
  await log(one).getByText('You stopped it here.').first().waitFor();
  const texts = (tab: typeof one) => log(tab).locator('.prose, .bubble .words').allInnerTexts();
  // News may come between the two looks.
  const areAlike = async () => (await texts(one)).join('\n') === (await texts(two)).join('\n');
  await expect.poll(areAlike).toBe(true);
  await one.reload();
  await said(one, 'Starting the installer for gamma').waitFor();
  // A list of conversations leads to it too.
  await two.getByRole('link', { name: 'Meanwhile: new conversation' }).click();
  await two.getByRole('searchbox').fill('install GAMMA');
  await two.getByRole('link', { name: /install gamma/ }).click();
  await said(two, 'Starting the installer for gamma').waitFor();
});

test('when the service is killed, the page says so, keeps what is written, and says it once', async () => {
  const tab = await browser.open(service.url);
  await say(tab, 'install alpha, update me every 50%');
  await bar(tab, 'alpha')
    .getByText(/\d+\s%/)
    .waitFor();
  const before = await said(tab, 'Starting the installer').innerText();
  await service.kill9();
  await tab.getByText('No connection to the service.').waitFor();
  await say(tab, 'what is a signal in Temporal?');
  await log(tab).locator('.pending').getByText('what is a signal').waitFor();
  await photograph(tab, 'page-offline');
  // Neither a reload nor a second tab doubles or loses it.
  const beside = await browser.openBeside(tab, 'about:blank');
  await service.start();
  await beside.goto(tab.url());
  await said(beside, /A signal in Temporal is .* as soon as one does/).waitFor();
  await said(tab, /A signal in Temporal is .* as soon as one does/).waitFor();
  await tab.getByText('No connection to the service.').waitFor({ state: 'detached' });
  expect(await said(tab, 'Starting the installer').innerText()).toBe(before);
  await said(tab, 'alpha is installed.').waitFor();
  const conversation = service.client.conversations.open(idIn(tab));
  const asked = [];
  for await (const entry of conversation.entries({ kinds: ['message.user'] })) asked.push(entry);
  expect(asked).toHaveLength(2);
  expect(await log(tab).locator('.pending').count()).toBe(0);
});

test('a message that is written offline is sent once the network is back', async () => {
  const tab = await browser.open(service.url);
  await say(tab, 'hello');
  await said(tab, /Hello!.* in Temporal"\./).waitFor();
  await tab.context().setOffline(true);
  await tab.getByText('No connection to the service.').waitFor();
  await say(tab, 'help');
  await log(tab).locator('.pending').waitFor();
  expect(await field(tab).inputValue()).toBe('');
  await tab.context().setOffline(false);
  await said(tab, /I am a scripted demo model.* in Temporal"\./)
    .nth(1)
    .waitFor();
  await expect.poll(() => log(tab).locator('.pending').count()).toBe(0);
  expect(await wrote(tab, 'help').count()).toBe(1);
});

const seen = (wait: Promise<void>) =>
  wait.then(
    () => true,
    () => false,
  );
