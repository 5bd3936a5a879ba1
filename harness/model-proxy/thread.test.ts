import { describe, expect, test } from 'vitest';
import { read } from './thread.ts';

const codex = (metadata: object) => ({
  client_metadata: { 'x-codex-turn-metadata': JSON.stringify(metadata) },
});

describe('a request', () => {
  test.each([
    ['Codex', codex({ thread_id: 't' }), { originator: 'codex_exec' }, 'codex'],
    ['a front end of Codex', {}, { 'x-codex-a': '1', originator: 'x', 'thread-id': 't' }, 'codex'],
    ['opencode', {}, { 'user-agent': 'opencode/1.18.33 ai-sdk', 'x-session-id': 't' }, 'opencode'],
    ['the openai package', { prompt_cache_key: 't' }, { 'user-agent': 'OpenAI/JS 7' }, 'OpenAI'],
    ['anything else', {}, { 'meanwhile-thread': 't' }, 'harness'],
  ])('of %s names its thread', (_, body, headers, client) => {
    expect(read(body, headers).thread).toEqual({ client, id: 't' });
  });

  test('that names no thread belongs to none', () => {
    expect(read({ user: 'ann' }, { 'user-agent': 'curl/8' }).thread).toBeUndefined();
  });

  const tools = [{ type: 'function' }];
  const opencode = { 'user-agent': 'opencode/1.18.33' };
  test.each([
    ['of Codex for a compaction', codex({ request_kind: 'compaction' }), {}],
    ['in which no tool may be called', { tools, tool_choice: 'none' }, {}],
    ['for JSON, without tools', { response_format: { type: 'json_schema' } }, {}],
    ['of opencode without tools, for a title or a summary', {}, opencode],
  ])('%s is no turn', (_, body, headers) => expect(read(body, headers).isAside).toBe(true));

  test.each([
    ['of Codex', codex({ request_kind: 'turn' }), {}],
    ['without tools', {}, {}],
    ['for JSON, with tools', { tools, response_format: { type: 'json_schema' } }, {}],
    ['of opencode with tools', { tools }, opencode],
  ])('%s is a turn', (_, body, headers) => expect(read(body, headers).isAside).toBe(false));
});
