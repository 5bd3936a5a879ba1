import { expect, test } from 'vitest';
import { declareAll, type ToolsOfServer } from './declare-all.ts';

const server: ToolsOfServer['server'] = {
  name: 'files',
  transport: { type: 'http', url: 'http://127.0.0.1/', headers: {} },
  settings: { session: 'warm', approve_changes: false, tools: {} },
};
const tool = (name: string, type = 'object') => ({ name, inputSchema: { type } }) as any;

function stage() {
  const lines: string[] = [];
  const state: ToolsOfServer = {
    server,
    program: {} as ToolsOfServer['program'],
    known: new Map(),
    fingerprints: new Map(),
    unusable: new Map(),
  };
  const options = { taken: new Set<string>(), first: {}, log: (line: string) => lines.push(line) };
  return { lines, state, take: (...tools: any[]) => declareAll(state, tools, options) };
}

test('a tool whose declaration is unchanged stays the same object', () => {
  const { take } = stage();
  const before = take(tool('read')).found.get('files__read');
  expect(before).toBeDefined();
  expect(take(tool('read')).found.get('files__read')).toBe(before);
});

test('a tool that is listed twice or has an unusable schema is left out', () => {
  const { found, left_out } = stage().take(tool('read'), tool('read'), tool('write', 'string'));
  expect([...found.keys()]).toEqual(['files__read']);
  expect(left_out.map((each) => each.tool)).toEqual(['read', 'write']);
});

test('a change to an unusable schema is logged once, and the calls of the tool keep it', () => {
  const { take, lines, state } = stage();
  const before = take(tool('read')).found.get('files__read');
  for (let answer = 0; answer < 3; answer += 1) {
    const { found, left_out } = take(tool('read', 'string'));
    expect(found.size).toBe(0);
    expect(left_out).toHaveLength(1);
  }
  expect(lines).toHaveLength(1);
  expect(state.known.get('files__read')).toBe(before);
  expect(take(tool('read')).found.get('files__read')).toBe(before);
  take(tool('read', 'string'));
  expect(lines).toHaveLength(2);
});
