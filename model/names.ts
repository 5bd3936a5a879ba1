/** A model may call a tool by any name; a provider accepts back only a valid one. */
export const acceptableName = (name: string) =>
  /^[\w-]{1,64}$/.test(name) ? name : name.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'unnamed';

/**
 * The name of the tool that a call means, without what servers leave around it: blanks, marks of the model, the namespace of
 * functions, the number of the call. Any name that is then none of the offered ones stays as it is.
 */
export function asOffered(name: string, offered: ReadonlySet<string>): string {
  if (offered.has(name)) return name;
  const bare = withoutMarks(name);
  return offered.has(bare) ? bare : name;
}

export const withoutMarks = (name: string) =>
  name
    .replace(/<\|.*$/s, '')
    .trim()
    .replace(/^functions[.:]/, '')
    .replace(/:\d+$/, '');
