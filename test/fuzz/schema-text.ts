/** From a JSON schema to texts that mostly fit it: what is wrong is at one place, and everything around it is right. */
import fc from 'fast-check';
import { hostileText, oddName, strings } from './json-text.ts';

export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** JSON texts for the schema. One place in twelve has something else. */
export const textFor = (schema: Schema): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fitting(schema) }, { weight: 1, arbitrary: hostileText });

function fitting(schema: Schema): fc.Arbitrary<string> {
  const { anyOf, oneOf = anyOf, type } = schema;
  if (schema.const !== undefined) return fc.constant(JSON.stringify(schema.const));
  if (schema.enum) return fc.constantFrom(...schema.enum.map((each) => JSON.stringify(each)));
  if (oneOf) return fc.oneof(...oneOf.map(textFor));
  switch (type) {
    case 'object':
      return schema.properties ? objectFor(schema, schema.properties) : hostileObject;
    case 'array':
      return fc
        .array(textFor(schema.items ?? {}), {
          minLength: schema.minItems ?? 0,
          maxLength: Math.max(3, schema.minItems ?? 0),
        })
        .map((items) => `[${items.join(',')}]`);
    case 'string':
      return stringFor(schema);
    case 'integer':
    case 'number':
      return numberFor(schema);
    case 'boolean':
      return fc.constantFrom('true', 'false');
    default:
      return hostileText;
  }
}

/** For what may hold anything. */
const hostileObject = fc
  .array(fc.tuple(fc.oneof(oddName, strings), hostileText), { maxLength: 3 })
  .map((fields) => `{${fields.map(([name, value]) => `${name}:${value}`).join(',')}}`);

function objectFor({ required = [] }: Schema, properties: Record<string, Schema>) {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const present = required.includes(name) ? 19 : 10;
    const field = textFor(schema).map((value) => [`${JSON.stringify(name)}:${value}`]);
    // Sometimes twice: the last one counts.
    const twice = fc.tuple(field, field).map((both) => both.flat());
    return fc.oneof(
      { weight: present, arbitrary: field },
      { weight: 20 - present, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: twice },
    );
  });
  const extra = fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.tuple(oddName, hostileText).map(([name, value]) => [`${name}:${value}`]),
    },
  );
  return fc.tuple(...fields, extra).map((all) => `{${all.flat().join(',')}}`);
}

function stringFor({ pattern, minLength = 0, maxLength = 200 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined && pattern !== String.raw`\S`) {
    return fc.stringMatching(new RegExp(pattern)).map((text) => JSON.stringify(text));
  }
  const plain = fc
    .string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 60) })
    .map((text) => JSON.stringify(text));
  return fc.oneof(plain, strings, fc.constant('"hello"'));
}

function numberFor({ type, minimum, maximum, exclusiveMinimum }: Schema): fc.Arbitrary<string> {
  const min = Math.max(minimum ?? -1e9, exclusiveMinimum ?? -1e9);
  const max = Math.min(maximum ?? 1e9, 1e9);
  const any = type === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true });
  return fc.oneof(any, fc.constantFrom(min, max)).map((value) => JSON.stringify(value));
}

/** The schema with what it refers to by name put in its place. */
export function resolved(schema: Schema, components: Record<string, Schema>): Schema {
  return JSON.parse(
    JSON.stringify(schema, (_, value) => {
      const name = (value as Schema | null)?.$ref?.split('/').at(-1);
      return name === undefined ? value : resolved(components[name]!, components);
    }),
  ) as Schema;
}
