/**
 * Validates unknown values. Small on purpose: it runs in workflows, each of which loads its modules again, and loading zod would take
 * 12 ms each time.
 */

/** Returns the value, without fields that the shape does not know. Throws Misfit if the value does not fit. */
export type Shape<T> = (value: unknown, path: string) => T;

export class Misfit extends Error {
  override name = 'Misfit';
}

const misfit = (path: string, what: string) =>
  new Misfit(`${path === '' ? 'It' : path.slice(1)} must be ${what}.`);

export const text =
  (longest = Infinity): Shape<string> =>
  (value, path) => {
    if (typeof value !== 'string') throw misfit(path, 'a string');
    if (value.length > longest) throw misfit(path, `a string of at most ${longest} characters`);
    return value;
  };

/** An id of this service: never empty, at most 200 characters. */
export const id: Shape<string> = (value, path) => {
  const given = text(200)(value, path);
  if (given === '') throw misfit(path, 'a non-empty string');
  return given;
};

export const number =
  (least = -Infinity, most = Infinity): Shape<number> =>
  (value, path) => {
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (!fits)
      throw misfit(path, `a number${least === -Infinity ? '' : ` from ${least} to ${most}`}`);
    return value;
  };

export const whole =
  (least: number): Shape<number> =>
  (value, path) => {
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw misfit(path, `a whole number, at least ${least}`);
    }
    return value as number;
  };

export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw misfit(path, 'true or false');
  return value;
};

export const oneOf =
  <const T extends string | number | boolean>(...words: T[]): Shape<T> =>
  (value, path) => {
    if (!words.includes(value as T)) throw misfit(path, `one of ${words.join(', ')}`);
    return value as T;
  };

export const anything: Shape<unknown> = (value) => value;

export const either =
  <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> =>
  (value, path) => {
    try {
      return a(value, path);
    } catch {
      return b(value, path);
    }
  };

export const list =
  <T>(of: Shape<T>, longest = Infinity): Shape<T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw misfit(path, 'a list');
    if (value.length > longest) throw misfit(path, `a list of at most ${longest}`);
    return value.map((each, index) => of(each, `${path}.${index}`));
  };

const OPTIONAL = Symbol('optional');
type Optional<T> = Shape<T> & { [OPTIONAL]: true };

/** The field may be absent. */
export const optional = <T>(shape: Shape<T>): Optional<T> =>
  Object.assign((value: unknown, path: string) => shape(value, path), {
    [OPTIONAL]: true,
  } as const);

type Fields = Record<string, Shape<any>>;
type Of<F extends Fields> = {
  [K in keyof F as F[K] extends Optional<any> ? never : K]: F[K] extends Shape<infer T> ? T : never;
} & {
  [K in keyof F as F[K] extends Optional<any> ? K : never]?: F[K] extends Shape<infer T>
    ? T
    : never;
};

export const object =
  <F extends Fields>(fields: F): Shape<Of<F>> =>
  (value, path) => {
    const given = fieldsOf(value, path);
    const known: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(fields)) {
      if (given[name] !== undefined) known[name] = shape(given[name], `${path}.${name}`);
      else if (!(OPTIONAL in shape)) throw misfit(`${path}.${name}`, 'present');
    }
    return known as Of<F>;
  };

/** Like `object`, but keeps unknown fields. `otherwise`: defaults for absent fields. */
export const looseObject =
  (fields: Fields, otherwise: Record<string, unknown> = {}): Shape<Record<string, unknown>> =>
  (value, path) => {
    const given = { ...otherwise, ...fieldsOf(value, path) };
    return { ...given, ...object(fields)(given, path) };
  };

/** A union whose variants are told apart by one field. */
export const variants =
  <K extends string, V extends Record<string, Shape<any>>>(
    key: K,
    shapes: V,
  ): Shape<{ [W in keyof V]: (V[W] extends Shape<infer T> ? T : never) & Record<K, W> }[keyof V]> =>
  (value, path) => {
    const names = Object.keys(shapes);
    const which = oneOf(...names)(fieldsOf(value, path)[key], `${path}.${key}`);
    return { [key]: which, ...shapes[which]!(value, path) } as never;
  };

/** An object with fields of any name, returned as it is. */
export const fields: Shape<Record<string, unknown>> = (value, path) => fieldsOf(value, path);

function fieldsOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw misfit(path, 'an object');
  }
  return value as Record<string, unknown>;
}
