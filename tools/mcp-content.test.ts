import { expect, test } from 'vitest';
import { Described } from './described.ts';
import { errorText, resultOf } from './mcp-content.ts';

const text = (words: string) => ({ type: 'text', text: words });
const image = { type: 'image', mimeType: 'image/png', data: 'QUJD' };
const MOST = 1_000;

test.each([
  ['one text', { content: [text('hello')] }, 'hello'],
  ['nothing', { content: [] }, null],
  ['several texts', { content: [text('a'), text('b')] }, ['a', 'b']],
  ['structured content', { content: [], structuredContent: { a: 1 } }, { a: 1 }],
  [
    'structured content that the text repeats',
    { content: [text('{ "a": 1 }')], structuredContent: { a: 1 } },
    { a: 1 },
  ],
  [
    'structured content and something else',
    { content: [text('See above.')], structuredContent: { a: 1 } },
    { structured: { a: 1 }, content: ['See above.'] },
  ],
  [
    'a link to a resource',
    { content: [{ type: 'resource_link', uri: 'file:///a', name: 'a', _meta: { x: 1 } }] },
    { type: 'resource_link', uri: 'file:///a', name: 'a' },
  ],
  [
    'a text resource',
    { content: [{ type: 'resource', resource: { uri: 'file:///a', text: 'words' } }] },
    { type: 'resource', resource: { uri: 'file:///a', text: 'words' } },
  ],
  [
    'content of a kind that is not known yet',
    { content: [{ type: 'hologram', depth: 3 }] },
    { type: 'hologram', depth: 3 },
  ],
])('%s is given to the model unchanged', (_, result, expected) => {
  expect(resultOf(result, MOST)).toEqual(expected);
});

test('an image is described and stored complete', () => {
  const content = [text('Here it is.'), image];
  const result = resultOf({ content }, MOST);
  expect(result).toBeInstanceOf(Described);
  expect(result).toMatchObject({
    readable: ['Here it is.', { type: 'image', mimeType: 'image/png', bytes: 3 }],
    whole: { content },
  });
  expect(JSON.stringify((result as Described).readable)).not.toContain('QUJD');
});

test('a binary resource keeps its URI', () => {
  const resource = { uri: 'file:///a.zip', mimeType: 'application/zip', blob: 'QUJD' };
  expect(resultOf({ content: [{ type: 'resource', resource }] }, MOST)).toMatchObject({
    readable: { type: 'resource', uri: 'file:///a.zip', mimeType: 'application/zip', bytes: 3 },
  });
});

test('an image that is too large is not stored, and the model is told so', () => {
  const huge = { ...image, data: 'QUJD'.repeat(1_000) };
  const { readable, whole } = resultOf({ content: [huge] }, MOST) as Described;
  expect(readable).toMatchObject({ note: 'Too large to keep.' });
  expect(JSON.stringify(whole).length).toBeLessThan(MOST);
});

test('an error has the complete text of the server', () => {
  expect(errorText({ content: [text('no'), text('room')], structuredContent: { free: 0 } })).toBe(
    'no\nroom\n{"free":0}',
  );
  expect(errorText({ content: [text('{"free":0}')], structuredContent: { free: 0 } })).toBe(
    '{"free":0}',
  );
  expect(errorText({ content: [] })).toMatch(/gave no reason/);
});
