/** Logs that end in a state that a person may find on the page. */
import type { Entry, EntryKind } from '../../contract/entry.ts';
import type { CallHead, Head } from '../../contract/head.ts';
import type { LongLog } from './long-log.ts';

const AT = Date.parse('2030-01-01T09:30:00.000Z');

function writer() {
  const entries: Entry[] = [];
  const add = (kind: EntryKind, body: object = {}, cause: number[] = []): number => {
    const seq = entries.length + 1;
    const at = new Date(AT + seq * 2_000).toISOString();
    const type = kind.startsWith('message') ? 'user' : kind.startsWith('call') ? 'tool' : 'agent';
    entries.push({ seq, at, actor: { type, id: type }, cause, kind, ...body } as Entry);
    return seq;
  };
  let replies = 0;
  const begin = (cause: number[], because: 'message' | 'news' = 'message') => {
    replies += 1;
    const reply_id = `reply_${replies}`;
    add('reply.started', { reply_id, because, reason: because }, cause);
    return reply_id;
  };
  return {
    entries,
    add,
    asks(text: string): number {
      const message_id = `message_${entries.length + 1}`;
      return add('message.user', { message_id, text, when_busy: 'interrupt' });
    },
    says(cause: number, text: string, because?: 'message' | 'news'): void {
      const usage = { input_tokens: 900, output_tokens: 40 };
      add('reply.completed', { reply_id: begin([cause], because), text, usage });
    },
    isCut(cause: number, text: string, by: 'message' | 'event' | 'request', rolled_back = false) {
      add('reply.interrupted', { reply_id: begin([cause]), text, by, rolled_back });
    },
    fails(cause: number, message: string): void {
      const error = { message, retryable: false };
      add('reply.failed', { reply_id: begin([cause]), text: '', error });
    },
    calls(call_id: string, tool: string, input: object, more: object = {}): number {
      return add('call.requested', { call_id, tool, input, ...more });
    },
  };
}

const headOf = (
  entries: Entry[],
  status: Head['status'],
  calls: CallHead['status'][] = [],
): Head => ({
  status,
  calls: calls.map((each, nth) => ({
    ...{ id: `call_${nth + 1}`, tool: 'tool', status: each, requested_at: entries[0]!.at },
  })),
  usage: { input_tokens: 0, output_tokens: 0 },
});

/** Calls in every state, an approval among them, with names and words that are too long for their place. */
export function busyLog(): LongLog {
  const { entries, add, asks, says, calls } = writer();
  const url = 'https://reports.example.com/2030/first-quarter/regions/northern-and-western-europe';
  const asked = asks(
    `Read ${url}?format=table&currency=EUR and compare the offers of the suppliers.`,
  );
  says(asked, 'I read the report, get two offers and ask before anything is ordered.');
  calls('call_1', 'read_web_page_with_tables', { url, until: 'the last table is there' });
  add('call.started', { call_id: 'call_1' });
  add('call.event', {
    ...{ call_id: 'call_1', n: 1, event: 'progress', schedule: 'silent', percent: 62.4 },
    note: 'reading the table of the northern and western regions, row 1,204 of 1,930',
  });
  calls('call_2', 'survey', { product: 'hinges' }, { awaits: 'managed', results: 2 });
  add('call.started', { call_id: 'call_2' });
  add('call.event', {
    ...{ call_id: 'call_2', n: 1, event: 'result', schedule: 'silent' },
    data: { supplier: 'Nordwind', item: 'hinge', price: 4.2 },
  });
  calls('call_3', 'place_order', { lines: [{ supplier: 'Solvang', count: 10 }], total: 48.5 });
  add('call.awaiting_approval', {
    ...{ call_id: 'call_3', why: 'May this order be placed?' },
    expires_at: new Date(AT + 86_400_000).toISOString(),
    input: {
      lines: [{ supplier: 'Solvang', item: 'hinge', count: 10 }],
      total: 48.5,
      express: true,
    },
  });
  calls('call_4', 'render_video', { scene: 'intro' });
  add('call.queued', { call_id: 'call_4' });
  const done = calls('call_5', 'read_file', { path: 'prices.json' });
  add('call.started', { call_id: 'call_5' });
  const end = add('call.completed', { call_id: 'call_5', result: { offers: 4 } }, [done]);
  says(end, 'The price list has **4 offers**.', 'news');
  const states: CallHead['status'][] = ['running', 'running', 'awaiting_approval', 'queued'];
  return { entries, head: headOf(entries, 'idle', states) };
}

/** Two calls that ask a person: one for fields of every kind, one to visit a page. */
export function askingLog(): LongLog {
  const { entries, add, asks, says, calls } = writer();
  const asked = asks('Release version 8 to our customers.');
  says(
    asked,
    'The release tool asks a few things before it begins; I go on once you have answered.',
  );
  const expires_at = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const ask = (call_id: string, question: object) => {
    add('call.started', { call_id });
    const event = { call_id, n: 1, event: 'progress', schedule: 'silent' };
    add('call.event', {
      ...event,
      question: { id: `question_${call_id}`, expires_at, ...question },
    });
  };
  calls('call_1', 'releases_publish', { version: 8 });
  ask('call_1', {
    message: 'How should version 8 be published?',
    schema: { type: 'object', properties: RELEASE, required: ['notes', 'channel', 'share'] },
  });
  calls('call_2', 'store_sign_in', { account: 'acme' });
  ask('call_2', {
    message: 'Sign in to the store, so that the release can be uploaded.',
    url: 'https://store.example.com/device?code=WDJB-MJHT',
  });
  const head = headOf(entries, 'idle', ['running', 'running']);
  const question = { id: 'question', message: 'It asks.', expires_at };
  return { entries, head: { ...head, calls: head.calls.map((call) => ({ ...call, question })) } };
}

const RELEASE = {
  notes: { type: 'string', title: 'Release notes', description: 'One line, as customers read it.' },
  channel: {
    ...{ type: 'string', title: 'Channel', default: 'beta' },
    oneOf: [
      { const: 'stable', title: 'Stable, for everybody' },
      { const: 'beta', title: 'Beta, for those who asked for it' },
      { const: 'nightly', title: 'Nightly' },
    ],
  },
  share: {
    ...{ type: 'integer', title: 'Share of customers', minimum: 1, maximum: 100, default: 10 },
    description: 'In percent, 1 to 100. The rest follows after a day.',
  },
  regions: {
    ...{ type: 'array', title: 'Regions' },
    items: {
      anyOf: [
        { const: 'eu', title: 'Europe' },
        { const: 'us', title: 'United States' },
      ],
    },
  },
  page: { type: 'string', title: 'Status page', format: 'uri', description: 'Its address.' },
  pause: {
    ...{ type: 'boolean', title: 'Stop if errors rise', default: true },
    description: 'The version before comes back by itself.',
  },
};

/** Replies that did not end as meant, calls that did not, and a limit. */
export function troubledLog(): LongLog {
  const { entries, add, asks, says, isCut, fails, calls } = writer();
  isCut(asks('Tell me a story.'), 'Once upon a time there was a', 'message');
  isCut(asks('A shorter one.'), 'A fox and a', 'message', true);
  isCut(asks('About the build, please.'), 'The build is green so', 'event');
  isCut(asks('Go on.'), 'As I was saying,', 'request');
  fails(asks('And now?'), 'The model did not answer within 60 s.');
  calls('call_1', 'deploy', { release: 'v7' });
  add('call.started', { call_id: 'call_1' });
  const failed = add('call.failed', {
    call_id: 'call_1',
    error: { type: 'NotReachable', message: 'The host build-3 does not answer.', retryable: false },
  });
  says(failed, 'The deployment failed: the host build-3 does not answer.', 'news');
  calls('call_2', 'deploy', { release: 'v8' });
  add('call.dropped', { call_id: 'call_2', why: 'message' });
  calls('call_3', 'pay', { amount: 20 });
  add('call.awaiting_approval', { call_id: 'call_3', why: 'May it pay?' });
  add('call.denied', { call_id: 'call_3', by: 'user', reason: 'Too much.' });
  add('limit.reached', { limit: 'unsolicited_in_a_row', value: 3, rule: 'R12' });
  return { entries, head: headOf(entries, 'idle') };
}

/** Over for good. */
export function closedLog(): LongLog {
  const { entries, add, asks, says } = writer();
  says(asks('That is all, thank you.'), 'You are welcome.');
  add('conversation.closed', {});
  return { entries, head: headOf(entries, 'closed') };
}
