/**
 * The environment of a program. It has only these variables, since the service's own contain secrets.
 * @param more names of variables besides PATH, HOME, LANG and TMPDIR
 */
export function environment(more: readonly string[]): Record<string, string | undefined> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', ...more];
  return Object.fromEntries(
    names.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  );
}
