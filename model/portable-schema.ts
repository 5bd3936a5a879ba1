/**
 * Translates a JSON schema into the keywords that every provider accepts. Servers refuse a whole request over one keyword they do not
 * support: exclusive bounds, `const`, `$ref`, bounds beyond 32 bits, formats, lookaround patterns. What cannot be expressed is left out or
 * put into the description. The tool's own schema checks the input in any case.
 */

import {
  type Fields as Schema,
  fieldsOf,
  isFields,
  listOf,
  numberOf,
  only,
  without,
} from './fields.ts';

/** @param root the schema of an object, as zod writes it. Neither it nor the result may be changed: the result is cached */
export function portable(root: Schema): Schema {
  const made = known.get(root) ?? make(root);
  known.set(root, made);
  return made;
}

/** Results by schema, since a schema is part of every request. */
const known = new WeakMap<Schema, Schema>();

function make(root: Schema): Schema {
  const defs = { ...fieldsOf(root.definitions), ...fieldsOf(root.$defs) };
  const translated = translate(root, { root, defs, within: [] });
  return { ...translated, properties: translated.properties ?? {} };
}

interface Context {
  root: Schema;
  defs: Schema;
  /** The references that contain this schema, by which a recursive schema is recognised. */
  within: string[];
}

function translate(given: unknown, context: Context): Schema {
  if (!isFields(given)) return {};
  if (typeof given.$ref === 'string') return followed(given, given.$ref, context);
  const schema = merged(given);
  const notes: string[] = [];
  const result: Schema = {
    ...typeOf(schema),
    ...choices(schema, context),
    ...values(schema, notes),
    ...numbers(schema, notes),
    ...texts(schema, notes),
    ...lists(schema, context),
    ...objects(schema, context),
    ...only(schema, ['default', 'title', 'nullable']),
  };
  const { description } = schema;
  const words = [typeof description === 'string' ? description : '', ...notes].filter(Boolean);
  return { ...result, ...(words.length > 0 && { description: words.join(' ') }) };
}

function followed(given: Schema, ref: string, context: Context): Schema {
  const target = ref === '#' ? context.root : context.defs[ref.split('/').at(-1)!];
  // One level of a recursive schema is shown; deeper levels are described in words only.
  if (!isFields(target) || context.within.includes(ref)) {
    const type = isFields(target) && typeof target.type === 'string' ? target.type : 'object';
    return { type, description: 'As the one that it is in.' };
  }
  return translate(
    { ...target, ...without(given, ['$ref']) },
    { ...context, within: [...context.within, ref] },
  );
}

/** Merges all schemas of `allOf`. */
function merged({ allOf, ...schema }: Schema): Schema {
  const parts = [...listOf(allOf).map(merged), schema];
  return parts.reduce(
    (all, part) => ({
      ...all,
      ...part,
      ...((all.properties ?? part.properties) !== undefined && {
        properties: { ...fieldsOf(all.properties), ...fieldsOf(part.properties) },
      }),
      ...((all.required ?? part.required) !== undefined && {
        required: [...new Set([...textsOf(all.required), ...textsOf(part.required)])],
      }),
    }),
    {},
  );
}

const typeOf = ({ type }: Schema): Schema => (typeof type === 'string' ? { type } : {});

function choices({ anyOf, oneOf, type, ...rest }: Schema, context: Context): Schema {
  const given = listOf(anyOf ?? oneOf);
  if (given.length > 0) return { anyOf: given.map((each) => translate(each, context)) };
  if (!Array.isArray(type)) return {};
  const [only, ...others] = type as unknown[];
  if (others.length === 0) return { type: only };
  return {
    anyOf: type.map((each: unknown) => translate({ ...ofType(rest, each), type: each }, context)),
  };
}

/** `null` has none of the keywords of other types. */
const ofType = (schema: Schema, type: unknown): Schema =>
  type === 'null' ? {} : without(schema, ['description', 'default', 'title']);

/** Keeps `enum` only for strings, since some servers support no other values. */
function values(schema: Schema, notes: string[]): Schema {
  const given = 'const' in schema ? [schema.const] : schema.enum;
  if (!Array.isArray(given) || given.length === 0) return {};
  if (given.every((value) => typeof value === 'string')) return { type: 'string', enum: given };
  const all = given.map((value) => JSON.stringify(value)).join(', ');
  notes.push(given.length === 1 ? `Always ${all}.` : `One of ${all}.`);
  const types = new Set(given.map(jsonType));
  return types.size === 1 ? { type: [...types][0] } : {};
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function numbers(schema: Schema, notes: string[]): Schema {
  const isWhole = schema.type === 'integer';
  const above = numberOf(schema.exclusiveMinimum);
  const below = numberOf(schema.exclusiveMaximum);
  if (above !== undefined && !isWhole) notes.push(`More than ${above}.`);
  if (below !== undefined && !isWhole) notes.push(`Less than ${below}.`);
  if (numberOf(schema.multipleOf) !== undefined && schema.multipleOf !== 1) {
    notes.push(`A multiple of ${String(schema.multipleOf)}.`);
  }
  const least = [
    numberOf(schema.minimum),
    above !== undefined && isWhole ? Math.floor(above) + 1 : above,
  ];
  const most = [
    numberOf(schema.maximum),
    below !== undefined && isWhole ? Math.ceil(below) - 1 : below,
  ];
  return {
    ...bound('minimum', Math.max(...least.filter((each) => each !== undefined))),
    ...bound('maximum', Math.min(...most.filter((each) => each !== undefined))),
  };
}

/** Schema parsers that use 32-bit integers fail on larger bounds. */
const bound = (field: string, value: number): Schema =>
  Number.isFinite(value) && Math.abs(value) < 2 ** 31 ? { [field]: value } : {};

function texts({ format, pattern, minLength, maxLength }: Schema, notes: string[]): Schema {
  const isKnown = format === 'date-time';
  if (typeof format === 'string' && !isKnown) notes.push(`Format: ${format}.`);
  const isSimple =
    typeof pattern === 'string' &&
    format === undefined &&
    pattern.length <= 100 &&
    !/\(\?|\\[pPkbB1-9]/.test(pattern);
  return {
    ...(isKnown && { format }),
    ...(isSimple && { pattern }),
    ...size('minLength', minLength),
    ...size('maxLength', maxLength),
  };
}

function lists({ type, items, prefixItems, minItems, maxItems }: Schema, context: Context): Schema {
  const inOrder = listOf(prefixItems).length > 0 ? listOf(prefixItems) : listOf(items);
  if (inOrder.length > 0) {
    const each = inOrder.map((item) => translate(item, context));
    const kinds = [...new Set(each.map((item) => JSON.stringify(item)))];
    const first = each[0]!;
    return {
      items:
        kinds.length === 1 ? first : { anyOf: kinds.map((kind) => JSON.parse(kind) as Schema) },
      ...size('minItems', minItems ?? each.length),
      ...size(
        'maxItems',
        maxItems ?? (isFields(items) && !Array.isArray(items) ? undefined : each.length),
      ),
    };
  }
  if (type !== 'array' && items === undefined) return {};
  return {
    items: translate(items, context),
    ...size('minItems', minItems),
    ...size('maxItems', maxItems),
  };
}

function objects(schema: Schema, context: Context): Schema {
  const { properties, required, additionalProperties } = schema;
  const names = Object.keys(fieldsOf(properties));
  const demanded = textsOf(required).filter((name) => names.includes(name));
  return {
    ...(isFields(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, each]) => [name, translate(each, context)]),
      ),
    }),
    ...(demanded.length > 0 && { required: demanded }),
    // For a map, the type of its values. Whether an object may have more fields is checked by its tool.
    ...(isFields(additionalProperties) &&
      Object.keys(additionalProperties).length > 0 && {
        additionalProperties: translate(additionalProperties, context),
      }),
  };
}

const size = (field: string, value: unknown): Schema =>
  typeof value === 'number' ? bound(field, value) : {};

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
