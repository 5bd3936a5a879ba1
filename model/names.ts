/** A model may call a tool by any name; a provider accepts back only a valid one. */
export const acceptableName = (name: string) =>
  /^[\w-]{1,64}$/.test(name) ? name : name.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'unnamed';
