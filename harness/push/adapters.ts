/** The adapters that the settings name. */
import type { Settings } from '../../config.ts';
import type { PushedHarness } from '../../contract/signals.ts';
import { createCodexAppServer } from './codex-app-server.ts';
import { createCodexQueue } from './codex-queue.ts';
import { createOpencode } from './opencode.ts';
import type { PushAdapters } from './target.ts';

type PushSettings = Pick<Settings, 'MEANWHILE_PUSH_CODEX' | 'MEANWHILE_PUSH_OPENCODE'>;

export function adaptersOf(settings: PushSettings): PushAdapters {
  const { MEANWHILE_PUSH_CODEX: codex, MEANWHILE_PUSH_OPENCODE: opencode } = settings;
  return {
    ...(codex !== undefined && { codex: codexAdapter(codex) }),
    ...(opencode !== undefined && { opencode: createOpencode(opencode) }),
  };
}

function codexAdapter(setting: string) {
  if (/^wss?:/.test(setting)) return createCodexAppServer(setting);
  const [, program] = setting.split(/^queue:/);
  return createCodexQueue(program);
}

/**
 * The harness of a conversation's client. Undefined if no setting says how to reach it.
 * @param agent of the conversation
 */
export function harnessOf(agent: string, settings: PushSettings): PushedHarness | undefined {
  if (/^client:codex\b/i.test(agent) && settings.MEANWHILE_PUSH_CODEX !== undefined) return 'codex';
  const isOpencode = /^client:opencode\b/i.test(agent);
  return isOpencode && settings.MEANWHILE_PUSH_OPENCODE !== undefined ? 'opencode' : undefined;
}
