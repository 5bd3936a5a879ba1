/** Stored histories guard every change of workflow code: a running conversation must not notice it. */
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, test } from 'vitest';
import { workflowBundle } from '../../worker/bundle.ts';
import { installRuntime } from '../../worker/runtime.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('replays', async () => {
  installRuntime('ERROR');
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');

  test('both workflows have stored histories', () => {
    for (const type of ['conversation', 'call']) {
      expect(files.some((name) => name.includes(`.${type}-`))).toBe(true);
    }
  });

  test.each(files)('%s', async (file) => {
    const history = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
    const id =
      history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? undefined;
    await Worker.runReplayHistory({ workflowBundle: bundle }, history, id);
  });
});
