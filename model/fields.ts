/** JSON of unknown structure, as providers send it. */

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The objects of a list; empty for anything else. */
export const listOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : [];

/** For protocol words, such as types: wire.ts reads what the model says. */
export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);

export const without = (given: Fields, fields: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(given).filter(([field]) => !fields.includes(field)));

export const only = (given: Fields, fields: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(given).filter(([field]) => fields.includes(field)));
