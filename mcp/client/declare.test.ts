import { expect, test } from 'vitest';
import { checkTool } from '../../tools/check.ts';
import { keptProgram } from '../../tools/mcp-program.ts';
import { declareUpstream, fingerprint } from './declare.ts';

const program = keptProgram({ argv: ['true'], variables: () => ({}) });
const plain = { name: 'work', inputSchema: { type: 'object' as const } };

function declare(upstream: object = {}, settings: object = {}, hasChanged = false) {
  const server = {
    name: 'here',
    transport: { type: 'http' as const, url: 'https://a.example', headers: {} },
    settings: { session: 'own' as const, approve_changes: false, tools: {}, ...settings },
  };
  return declareUpstream(
    { ...plain, ...upstream },
    { server, name: 'here__work', program, hasChanged },
  );
}

test('a tool without hints needs no approval and is not repeated', () => {
  expect(declare()).toMatchObject({
    name: 'here__work',
    description: 'work',
    server: 'here',
    progress: true,
    keeps: true,
    restart: 'reattach',
    duplicates: 'allow',
  });
  expect(declare()).not.toHaveProperty('approval');
});

test.each([
  [{ readOnlyHint: true }, 'allow', undefined],
  [{ idempotentHint: true }, 'allow', undefined],
  [{ destructiveHint: true }, 'reject', true],
  [{ destructiveHint: true, readOnlyHint: true }, 'allow', undefined],
  [{ destructiveHint: true, idempotentHint: true }, 'allow', true],
  [{ destructiveHint: false, idempotentHint: false }, 'reject', undefined],
])('the hints %j give the defaults %s and approval: %s', (annotations, duplicates, approval) => {
  const tool = declare({ annotations });
  expect(tool.duplicates).toBe(duplicates);
  expect(tool.approval).toBe(approval);
});

test('a server’s settings in the file override the hints, and a tool’s settings override both', () => {
  const annotations = { destructiveHint: true };
  expect(declare({ annotations }, { approval: false })).not.toHaveProperty('approval');
  const tools = { work: { approval: { question: 'Sure?' }, timeout_ms: 5 } };
  expect(declare({ annotations }, { approval: false, timeout_ms: 9, tools })).toMatchObject({
    approval: { question: 'Sure?' },
    timeout_ms: 5,
  });
});

test('a changed declaration needs approval if the file says so', () => {
  expect(declare({}, {}, true)).not.toHaveProperty('approval');
  expect(declare({}, { approve_changes: true, approval: false }, true)).toMatchObject({
    approval: { question: expect.stringContaining('has changed') },
  });
});

test('a description is truncated to the limit', () => {
  const { description } = declare({ description: `\u001B[31m${'words '.repeat(1_000)}\u0000` });
  expect(description.length).toBeLessThanOrEqual(900);
  expect(description).toMatch(/^words .* …$/);
  expect(declare({ description: '  ', title: 'A title' }).description).toBe('A title');
});

test('a declared tool passes the check of a team’s tools, except for what only MCP servers set', () => {
  const { server, upstream, withdraw, ...tool } = declare({
    description: 'Works.',
    inputSchema: { type: 'object', properties: { a: { type: 'number' } } },
  });
  expect(server).toBe('here');
  expect(upstream).toMatchObject({ name: expect.any(String) });
  expect(withdraw).toBeTypeOf('function');
  expect(checkTool(tool)).toEqual([]);
});

test('the fingerprint changes with everything shown to a model or a person', () => {
  const prints = [
    plain,
    { ...plain, description: 'Other.' },
    { ...plain, title: 'Other' },
    { ...plain, inputSchema: { type: 'object' as const, properties: { a: {} } } },
    { ...plain, annotations: { readOnlyHint: true } },
  ].map(fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
});
