/** Prints the results of an examination for the terminal. */
import type { Examination, ProbeFinding } from './examine.ts';

const SIGN = { ok: '✓', poor: '!', no: '✗' } satisfies Record<ProbeFinding['verdict'], string>;

export function printFinding({ check, verdict, detail }: ProbeFinding): string {
  return `${SIGN[verdict]} ${check}: ${detail}`;
}

/** @param set values that are already set, by setting name */
export function printAdvice({ fits }: Examination, set: Record<string, unknown>): string {
  if (!fits) {
    return 'None of the settings that were tried fit this server. The lines with ✗ show what it refused.';
  }
  const wanted = {
    OPENAI_API: fits.api,
    OPENAI_PROFILE: fits.profile,
    MEANWHILE_CONTEXT_TOKENS: fits.context_tokens,
  };
  const changes = Object.entries(wanted).filter(([name, value]) => set[name] !== value);
  const tools = fits.tools ? [] : ['It accepts no tools: set `tools: []` for its agents.'];
  if (changes.length === 0) return ['The settings fit this server.', ...tools].join('\n');
  return [
    ...tools,
    'These settings fit this server:',
    ...changes.map(([name, value]) => `  ${name}=${value}`),
  ].join('\n');
}
