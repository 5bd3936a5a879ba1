import { expect, test } from 'vitest';
import { printAdvice, printFinding } from './print.ts';

const set = { OPENAI_API: 'chat', OPENAI_PROFILE: 'compatible', MEANWHILE_CONTEXT_TOKENS: 32_000 };
const fits = { api: 'chat', profile: 'compatible', tools: true, context_tokens: 32_000 } as const;

test('only the settings that have to change are named', () => {
  expect(printAdvice({ findings: [], fits }, set)).toBe('The settings fit this server.');
  expect(
    printAdvice(
      { findings: [], fits: { ...fits, profile: 'alternating', context_tokens: 4_000 } },
      set,
    ),
  ).toBe(
    'These settings fit this server:\n  OPENAI_PROFILE=alternating\n  MEANWHILE_CONTEXT_TOKENS=4000',
  );
});

test('a server without tools is reported', () => {
  expect(printAdvice({ findings: [], fits: { ...fits, tools: false } }, set)).toContain(
    '`tools: []`',
  );
});

test('a server that fits no settings is reported', () => {
  expect(printAdvice({ findings: [] }, set)).toMatch(/^None of the settings that were tried fit/);
});

test.each(['ok', 'poor', 'no'] as const)('a finding that is %s begins with its sign', (verdict) => {
  const line = printFinding({ check: 'a tool', verdict, detail: 'called' });
  expect(line).toBe(`${{ ok: '✓', poor: '!', no: '✗' }[verdict]} a tool: called`);
});
