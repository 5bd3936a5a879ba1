/** `opencode serve`: sends a message to one of its sessions. A session that is working takes it at its next step. */
import type { PushAdapter } from './target.ts';

/** @param url of the server */
export function createOpencode(url: string): PushAdapter {
  return async ({ thread, text, schedule }, signal) => {
    const path = `/session/${encodeURIComponent(thread)}/prompt_async`;
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        parts: [{ type: 'text', text }],
        ...(schedule === 'silent' && { noReply: true }),
      }),
      signal,
    });
    await response.body?.cancel();
    // The session belongs to another opencode, or was deleted.
    if (response.status === 404 || response.status === 400) return false;
    if (!response.ok) throw new Error(`opencode answered ${response.status}.`);
    return true;
  };
}
