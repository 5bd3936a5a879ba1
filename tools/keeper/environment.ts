/** The service's own variables contain its secrets: a program sees only these. */
export function environment(more: readonly string[]): Record<string, string | undefined> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', ...more];
  return Object.fromEntries(
    names.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  );
}
