/** The variable is not set and has no default. */
export class NotSet extends Error {}

/**
 * Replaces `${NAME}` and `${NAME:-default}` by variables of the environment. An empty variable counts as unset if there is a
 * default, as in a shell.
 * @throws NotSet
 */
export function expand(text: string, environment: Record<string, string | undefined>): string {
  return text.replaceAll(
    /\$\{(?<name>[A-Za-z_]\w*)(?::-(?<fallback>[^}]*))?\}/g,
    (_all, name: string, fallback: string | undefined) => {
      const value = environment[name];
      if (fallback !== undefined) return value || fallback;
      if (value === undefined) throw new NotSet(`\${${name}} is not set in the environment.`);
      return value;
    },
  );
}
