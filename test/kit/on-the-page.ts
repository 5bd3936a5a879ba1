/** What a person does on the page, and sees there. */
import type { Locator } from 'playwright-core';
import type { Tab } from './browser.ts';

export const field = (tab: Tab): Locator => tab.getByRole('textbox', { name: /message/i });

export async function say(tab: Tab, text: string): Promise<void> {
  await field(tab).fill(text);
  await field(tab).press('Enter');
}

export const log = (tab: Tab): Locator => tab.getByRole('log', { name: 'Conversation' });

/** A message of the agent. */
export const said = (tab: Tab, text: string | RegExp): Locator =>
  log(tab).locator('.said').filter({ hasText: text });

/** A message of the user. */
export const wrote = (tab: Tab, text: string | RegExp): Locator =>
  log(tab).locator('.bubble').filter({ hasText: text });

export const panel = (tab: Tab): Locator => tab.getByRole('complementary', { name: /calls/i });

/** The bar of a call that runs or waits. */
export const bar = (tab: Tab, text: string | RegExp): Locator =>
  panel(tab).locator('.bar').filter({ hasText: text });

export const approval = (tab: Tab): Locator => panel(tab).locator('.approval');

/** Id of the conversation that is open. */
export const idIn = (tab: Tab): string => /#\/([\w-]+)/.exec(tab.url())![1]!;
