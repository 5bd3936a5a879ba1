import { expect, test } from 'vitest';
import { isOfServer, toolName } from './names.ts';

const NONE = new Set<string>();
const PROVIDERS = /^[a-zA-Z][\w-]{0,63}$/;

test('a plain name joins those of the server and the tool', () => {
  expect(toolName('github', 'create_issue', NONE)).toBe('github__create_issue');
  expect(toolName('everything', 'get-sum', NONE)).toBe('everything__get-sum');
});

test.each([
  ['a name with characters that models do not accept', 'files', 'read/text.v2'],
  ['a server with spaces', 'my server', 'look'],
  ['a server that begins with a digit', '7zip', 'pack'],
  ['a server with no letter of the alphabet', '日本', 'look'],
  ['a name that is too long', 'a'.repeat(40), 'b'.repeat(40)],
  ['a server that reads as another with part of the tool', 'a__b', 'c'],
  ['a server that ends with an underscore', 'a_', 'b'],
])('%s gets a short form that is the same each time', (_, server, tool) => {
  const name = toolName(server, tool, NONE);
  expect(name).toMatch(PROVIDERS);
  expect(name).toMatch(/_[\da-f]{8}$/);
  expect(toolName(server, tool, new Set(['something else']))).toBe(name);
  expect(isOfServer(server, name)).toBe(true);
});

test('a tool of a server does not get the name of a team’s tool', () => {
  const name = toolName('pay', 'out', new Set(['pay__out']));
  expect(name).toMatch(/^pay__out_[\da-f]{8}$/);
});

test('different tools never share a name', () => {
  const parts = ['a', 'a_', 'a__b', '_b', 'b', 'a.b', 'a b', 'x'.repeat(70), `${'x'.repeat(69)}y`];
  const pairs = parts.flatMap((server) => parts.map((tool) => toolName(server, tool, NONE)));
  expect(new Set(pairs).size).toBe(pairs.length);
});

test('a name is recognised as one of its server before the server has answered', () => {
  expect(isOfServer('github', 'github__anything')).toBe(true);
  expect(isOfServer('github', 'gitlab__anything')).toBe(false);
  expect(isOfServer('github', 'github')).toBe(false);
});
