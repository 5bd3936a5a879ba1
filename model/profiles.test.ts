/** The messages that a model is sent of the same log in each profile. */
import { expect, test } from 'vitest';
import {
  begins,
  completes,
  installing,
  log,
  open,
  progress,
  read,
  says,
} from '../test/kit/log-lines.ts';
import { profiles } from './profiles.ts';

const entries = log(
  ...installing,
  begins('reply_2'),
  completes('reply_2', ''),
  progress('call_a', 1, 50),
  begins('reply_3'),
  completes('reply_3', 'Half.'),
  { kind: 'call.completed', call_id: 'call_a', result: 'Done.' },
  says('And?'),
);
const moment = { because: 'message' as const, news: [11], calls: [] };
const of = (name: keyof typeof profiles, request: Parameters<typeof read>[1] = moment) =>
  read(entries, request, {}, profiles[name]);

const status = '{"status":"running","note":"Its results will follow as events."}';
const end = '{"call_id":"call_a","tool":"run_installer","status":"completed","result":"Done."}';
const now = `{"because":"message","news":[${end}],"calls":[]}`;

test('openai has its instructions in the role developer, and is otherwise like compatible', () => {
  expect(of('openai')).toEqual({ ...of('compatible'), role: 'developer' });
  expect(of('compatible').role).toBe('system');
});

test('alternating joins neighbours, waits after a tool, and names the call when its id differs', () => {
  const { messages, system } = of('alternating');
  const call_id = expect.stringMatching(/^[a-z0-9]{9}$/);
  expect(messages).toEqual([
    { role: 'user', text: 'install alpha' },
    { role: 'assistant', text: 'Starting.', calls: [expect.objectContaining({ call_id })] },
    { role: 'tool', call_id, text: `{"call_id":"call_a",${status.slice(1)}` },
    // The progress at 50 % is left out: for a call that has ended, the end is enough.
    { role: 'assistant', text: 'Half.', calls: [] },
    { role: 'user', text: `<event>${end}</event>\n\nAnd?\n\n<now>${now}</now>` },
  ]);
  expect(system).toContain('"[waiting]" stands where you said nothing');
});

test('tool_result sends events and the moment as results of next_event', () => {
  const { messages, system } = of('tool_result');
  const told = (id: string, text: string, facts: string) => [
    { role: 'assistant', text, calls: [{ call_id: id, tool: 'next_event', arguments: '{}' }] },
    { role: 'tool', call_id: id, text: facts },
  ];
  expect(messages.slice(0, 2)).toEqual([
    { role: 'user', text: 'install alpha' },
    {
      role: 'assistant',
      text: 'Starting.',
      calls: [expect.objectContaining({ tool: 'run_installer' })],
    },
  ]);
  expect(messages.slice(2)).toEqual([
    { role: 'tool', call_id: 'call_a', text: status },
    ...told('event_11', 'Half.', `{"event":${end}}`),
    { role: 'user', text: 'And?' },
    ...told('now_12', '', `{"now":${now}}`),
  ]);
  expect(system).toContain('never call it yourself');
  expect(system).not.toMatch(/<now>|<event>/);
});

test('tool_result sends the latest progress of an open call', () => {
  const { messages } = read(
    entries.slice(0, 8),
    { because: 'news', news: [8], calls: [open] },
    {},
    profiles.tool_result,
  );
  expect(messages.slice(4, 5)).toMatchObject([
    { call_id: 'event_8', text: expect.stringContaining('"percent":50') },
  ]);
});
