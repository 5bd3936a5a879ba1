/** A model may call a tool by any name; a provider takes back only what could be one. */
export const acceptableName = (name: string) =>
  /^[\w-]{1,64}$/.test(name) ? name : name.replaceAll(/[^\w-]/g, '_').slice(0, 64) || 'unnamed';
