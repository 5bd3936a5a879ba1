import { defineRemoteTool, z } from 'meanwhile';

const {
  WATCHER_URL = 'http://127.0.0.1:4000/',
  WATCHER_SECRET = '',
  WATCHER_SILENCE_MS = '120000',
} = process.env;

/** The watcher is a separate program (watcher.ts). It pushes progress at intervals; if the pushes stop, the call fails, and the agent is told. */
export default defineRemoteTool({
  name: 'watch_shop',
  description:
    'Watches the log and the queue of the shop until it is cancelled. Each result is an alert with a reference. If the call ends or fails, the shop is no longer watched.',
  input: z.object({
    queue_above: z.int().min(1).default(10).describe('Alert when more orders than this wait.'),
  }),
  results: { min: 0, max: 'many' },
  report: 'only the end',
  url: WATCHER_URL,
  secret: WATCHER_SECRET,
  silence_ms: Number(WATCHER_SILENCE_MS),
  timeout_ms: 7 * 24 * 60 * 60 * 1_000,
  duplicates: 'reject',
});
