/** What axe says of the accessibility of a page. */
import axe from 'axe-core';
import type { Tab } from './browser.ts';

interface Found {
  violations: {
    id: string;
    help: string;
    nodes: { target: string[]; failureSummary?: string }[];
  }[];
}

/** A line for each violation of WCAG 2.2 AA and of axe's best practices. */
export async function violations(tab: Tab): Promise<string[]> {
  // Not as an element of the page, whose policy forbids it.
  await tab.evaluate(axe.source);
  const found: Found = await tab.evaluate('axe.run()');
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) => `${id}: ${help} ${target.join(' ')} ${failureSummary}`,
    ),
  );
}
