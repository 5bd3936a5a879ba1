import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Problem, problemDocument, type ProblemCode, PROBLEMS } from './problems.ts';

test('docs/errors.md lists every problem, with its status and title, and no other', async () => {
  const text = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\d+) \| (.+?) \| .+ \|$/gm)];
  const listed = rows.map(([, code, status, title]) => [code, { status: Number(status), title }]);
  expect(Object.fromEntries(listed)).toEqual(PROBLEMS);
});

test.each(Object.keys(PROBLEMS) as ProblemCode[])('%s matches the schema of problems', (code) => {
  const errors = [{ path: 'body.text', message: 'is wrong' }];
  const document = new Problem(code, 'This time.', { errors }).toDocument('req_1');
  expect(problemDocument.parse(document)).toEqual(document);
  expect(document).toMatchObject({ code, detail: 'This time.', type: expect.stringMatching(code) });
});
