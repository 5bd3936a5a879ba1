import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ruleOf, RULES } from './rules.ts';

test('the rules are named as in their document', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8');
  const headings = [...text.matchAll(/^## (R\d+)\. (.+)$/gm)].map(([, number, title]) => [
    number,
    title,
  ]);
  expect(Object.entries(RULES)).toEqual(headings);
});

test('every case that the service names has a meaning', () => {
  const text = readFileSync(join(import.meta.dirname, '../../api/explain/rules.ts'), 'utf8');
  const named = [...text.matchAll(/'(R\d+ [^']+)'/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) {
    const { title, meaning } = ruleOf(name);
    expect(meaning, name).not.toBe(title);
  }
});

test('a limit and an unknown rule are explained as far as they are known', () => {
  expect(ruleOf('R12 max_tokens').meaning).toMatch(/limit/);
  expect(ruleOf('R99 new').meaning).toBe('R99 new');
});
