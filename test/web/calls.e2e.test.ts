/** What a person sees of calls, and does with them, while a model that the test plays talks on. */
import { expect, test } from 'vitest';
import { photograph, useBrowser } from '../kit/browser.ts';
import { startGates } from '../kit/gates.ts';
import { approval, bar, field, log, panel, said, say } from '../kit/on-the-page.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '5000', MEANWHILE_UNSOLICITED_IN_A_ROW: '2' });
const browser = useBrowser();

test('a call that needs approval shows what would run, does not block the talk, and runs once it is approved', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Pay 20.');
  (await stage.model.asked()).says('I ask for it.', asks('pays', { amount: 20 }));
  await approval(tab).getByRole('heading', { name: 'May it pay?' }).waitFor();
  expect(await approval(tab).locator('dl').innerText()).toMatch(/amount\s+20/);
  await tab
    .getByRole('status')
    .getByText('pays needs your approval. May it pay?')
    .waitFor({ state: 'attached' });

  // The person goes on typing: the card takes no focus.
  await field(tab).pressSequentially('What time');
  expect(await field(tab).inputValue()).toBe('What time');
  await say(tab, 'What time is it?');
  (await stage.model.asked()).says('Noon.');
  await said(tab, 'Noon.').waitFor();
  await photograph(tab, 'page-approval');
  await approval(tab).getByRole('button', { name: 'Approve' }).click();
  (await stage.model.asked()).says('Paid.');
  await log(tab).locator('.unprompted').filter({ hasText: 'Paid.' }).waitFor();
  expect(await approval(tab).count()).toBe(0);
});

test('a denial tells the agent the reason', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Pay 30.');
  (await stage.model.asked()).says('I ask for it.', asks('pays', { amount: 30 }));
  await approval(tab).getByRole('button', { name: 'Deny' }).click();
  await approval(tab).getByRole('textbox').fill('Too much.');
  await approval(tab).getByRole('button', { name: 'Deny' }).click();
  const told = await stage.model.asked();
  expect(told.request.messages.at(-1)?.text).toContain('"reason":"Too much."');
  told.says('Then not.');
  await said(tab, 'Then not.').waitFor();
});

test('a suspended call says how many of its results are in, and each can be read', async () => {
  const gates = await startGates();
  try {
    const tab = await browser.open(stage.service.url);
    await say(tab, 'Get offers.');
    (await stage.model.asked()).says('I get two.', asks('tenders', { gates: gates.url }));
    gates.open('1');
    await bar(tab, 'tenders').getByText('1 of 2 results').waitFor();
    gates.open('2');
    (await stage.model.asked()).says('Both are in.');
    await said(tab, 'Both are in.').waitFor();
    await log(tab).getByText('result 1', { exact: true }).click();
    expect(await log(tab).locator('details[open] .value').innerText()).toContain('offer');
  } finally {
    await gates.close();
  }
});

test('a large result is read when somebody opens it', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Report.');
  (await stage.model.asked()).says('I do.', asks('reports'));
  (await stage.model.asked()).says('There it is.');
  await said(tab, 'There it is.').waitFor();
  await log(tab).getByText('finished after').click();
  await log(tab)
    .getByRole('button', { name: /Show all of it, \d+ kB/ })
    .click();
  const text = log(tab).locator('.long-text');
  await text.getByText('5000 lines').waitFor();
  await text.getByText('line 0: nothing to see').waitFor();
  // It has five thousand lines, of which only those in sight are in the document.
  expect(await text.locator('code').count()).toBeLessThan(100);
});

test('a message to an agent that speaks waits, is refused or takes its words back, as the person chooses', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Tell me a story.');
  const story = (await stage.model.asked()).begins('Once upon a time');
  await said(tab, 'Once upon a time').waitFor();
  const choice = tab.getByLabel('While it speaks, a message');
  await choice.selectOption('reject');
  await say(tab, 'Shorter!');
  await log(tab).getByText('The agent was busy, so this was not sent.').waitFor();
  await log(tab).getByRole('button', { name: 'Edit' }).click();
  expect(await field(tab).inputValue()).toBe('Shorter!');
  await choice.selectOption('rollback');
  await field(tab).press('Enter');
  await log(tab).getByText('It was taken back').waitFor();
  story.ends();
  (await stage.model.asked()).says('The end.');
  await said(tab, 'The end.').waitFor();
  expect(await log(tab).locator('.bubble').allInnerTexts()).toEqual([
    expect.stringContaining('Tell me a story.'),
    expect.stringContaining('Shorter!'),
  ]);
});

test('a reload in the middle of a reply shows what was said so far, and the rest as it comes', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Tell me another story.');
  const story = (await stage.model.asked()).begins('Once upon');
  await said(tab, 'Once upon').waitFor();
  await tab.reload();
  await said(tab, 'Once upon').waitFor();
  story.goesOn(' a time');
  await said(tab, 'Once upon a time').waitFor();
  // A second tab comes in the middle too, and stops it for both.
  const beside = await browser.openBeside(tab, tab.url());
  await said(beside, 'Once upon a time').waitFor();
  await beside.getByRole('button', { name: 'Stop talking' }).click();
  for (const each of [tab, beside]) {
    await log(each).getByText('You stopped it here.').waitFor();
    expect(await said(each, 'Once upon').count()).toBe(1);
    expect(await said(each, 'Once upon').locator('.prose').innerText()).toBe('Once upon a time');
  }
  story.ends();
});

test('Esc stops the reply, and the list stops calls too', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Walk and talk.');
  (await stage.model.asked()).says('I walk.', asks('sits'));
  await bar(tab, 'sits').waitFor();
  await say(tab, 'Talk.');
  (await stage.model.asked()).begins('Well, you see,');
  await said(tab, 'Well, you see,').waitFor();
  await field(tab).press('Escape');
  await log(tab).getByText('You stopped it here.').waitFor();
  expect(await bar(tab, 'sits').count()).toBe(1);
  await tab.getByRole('button', { name: 'Cancel 1 call' }).click();
  await panel(tab).getByText('No call is running.').waitFor();
  await log(tab).getByText('cancelled by you').waitFor();
});

test('the timeline names the cause of a turn and its rules, and leads to the entry', async () => {
  const tab = await browser.open(stage.service.url);
  await say(tab, 'Pay 40.');
  (await stage.model.asked()).says('I ask for it.', asks('pays', { amount: 40 }));
  await said(tab, 'I ask for it.').waitFor();
  await tab.getByRole('link', { name: 'Timeline' }).click();
  await tab.getByText('pays 40 waits for your approval.').waitFor();
  await tab.getByRole('link', { name: 'Talk', exact: true }).click();
  await approval(tab).getByRole('button', { name: 'Approve' }).click();
  (await stage.model.asked()).says('Paid 40.');
  await log(tab).getByRole('link', { name: 'pays 40 finished' }).click();
  const open = tab.locator('.turn.open');
  await open.getByText('Because of news').waitFor();
  const words = await open.innerText();
  expect(words).toContain('pays 40 completed');
  expect(words).toContain('R5 when_idle');
  expect(words).toContain('The news waited until nobody was speaking.');
  expect(words).toContain('which it told');
  await open
    .getByRole('link', { name: /^entry/ })
    .first()
    .click();
  await log(tab).locator('.row.sought').getByText('pays').waitFor();
});
