/** Short ways to write a log by hand, and to read it as a model does. */
import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import type { Profile } from '../../model/profiles.ts';
import { transcript } from '../../model/transcript.ts';
import type { Progress } from '../../store/store.ts';
import { replyRequest } from './reply-request.ts';

const usage = { input_tokens: 1, output_tokens: 1 };

/** Entries with seq 1, 2, 3 … and a second between two. */
export function log(...bodies: (Record<string, unknown> & { cause?: number[] })[]): Entry[] {
  return bodies.map(
    (body, index) =>
      ({
        seq: index + 1,
        at: new Date(Date.UTC(2030, 0, 1, 0, 0, index)).toISOString(),
        actor: { type: 'user', id: 'user' },
        cause: [],
        ...body,
      }) as unknown as Entry,
  );
}

export const says = (text: string, more = {}) => ({
  kind: 'message.user',
  message_id: text,
  text,
  when_busy: 'interrupt',
  ...more,
});
export const begins = (reply_id: string) => ({
  kind: 'reply.started',
  reply_id,
  because: 'message',
  reason: '',
});
export const completes = (reply_id: string, text: string) => ({
  kind: 'reply.completed',
  reply_id,
  text,
  usage,
});
export const asks = (call_id: string, input: unknown, cause: number, report?: string) => ({
  kind: 'call.requested',
  call_id,
  tool: 'run_installer',
  input,
  ...(report && { report }),
  cause: [cause],
});
export const progress = (call_id: string, n: number, percent: number) => ({
  kind: 'call.event',
  call_id,
  n,
  event: 'progress',
  percent,
  note: 'unpacking',
  schedule: 'when_idle',
});

export function read(
  entries: Entry[],
  request: Partial<ReplyRequest> = {},
  live: Record<string, Progress> = {},
  profile?: Profile,
  earlier: Entry[] = [],
) {
  const [system, ...messages] = transcript({
    entries,
    agent: { name: 'default', instructions: 'You look after a build host.' },
    request: replyRequest(entries, { reply_id: 'reply_9', ...request }),
    progress: new Map(Object.entries(live)),
    profile,
    earlier,
  });
  return { role: system!.role, system: system!.text, messages };
}

export const installing = [
  says('install alpha'),
  begins('reply_1'),
  completes('reply_1', 'Starting.'),
  asks('call_a', { package: 'alpha' }, 3, 'every 25 percent'),
  { kind: 'call.started', call_id: 'call_a' },
];
export const open = { call_id: 'call_a', tool: 'run_installer', status: 'running' as const };
