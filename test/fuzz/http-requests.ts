/** Requests to every operation of an OpenAPI document, with hostile paths, queries, headers and bodies. */
import fc from 'fast-check';
import { resolved, type Schema, textFor } from './schema-text.ts';

export interface ApiOperation {
  method: string;
  path: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  body?: Schema;
  /** By status. */
  answers: Record<string, Schema | undefined>;
}

export interface FuzzedRequest {
  operation: ApiOperation;
  /** Raw, as it goes into the address. */
  path: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  body?: Buffer;
}

export interface Document {
  paths: Record<string, Record<string, any>>;
  components: { schemas: Record<string, Schema> };
}

export function operationsOf({ paths, components }: Document): ApiOperation[] {
  const whole = (schema?: Schema) => schema && resolved(schema, components.schemas);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: whole(requestBody?.content['application/json'].schema),
      answers: Object.fromEntries(
        Object.entries<any>(responses).map(([status, { content }]) => [
          status,
          whole(content?.['application/json']?.schema),
        ]),
      ),
    })),
  );
}

/** Stands for what exists, which is known when it is asked. */
export const KNOWN = '\u0001';

/** As they stand in an address. */
const ODD = [
  ...['', '%00', '%ff', '%ed%a0%80', '%F0%9F%98%80', '__proto__', 'constructor', '1e400', '-0'],
  ...[
    '0x10',
    '9007199254740993',
    '%20',
    '..',
    '%2e%2e%2f',
    '%25',
    'end',
    'x'.repeat(1_500),
    'null',
  ],
];

export function asked(operation: ApiOperation): fc.Arbitrary<FuzzedRequest> {
  const of = (place: string) => operation.parameters.filter((each) => each.in === place);
  const value = ({ schema }: { schema: Schema }) =>
    textFor(schema).map((text) => encode(text.replace(/^"(.*)"$/s, '$1')));
  const odd = fc.constantFrom(...ODD);
  const path = of('path').map((parameter) =>
    fc
      .oneof(
        { weight: 6, arbitrary: fc.constant(KNOWN) },
        { weight: 1, arbitrary: value(parameter) },
        { weight: 1, arbitrary: odd },
      )
      .map((text) => [parameter.name, text] as const),
  );
  const query = of('query').map((parameter) =>
    fc
      .array(fc.oneof({ weight: 5, arbitrary: value(parameter) }, { weight: 1, arbitrary: odd }), {
        maxLength: 2,
      })
      .map((values) => values.map((text): [string, string] => [parameter.name, text])),
  );
  const headers = of('header').map((parameter) =>
    fc
      .option(fc.constantFrom('k', '1.0', '0', 'a b', '__proto__', 'x'.repeat(300)), { freq: 3 })
      .map((text) => (text === null ? [] : [[parameter.name, text] as const])),
  );
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('application/json; charset=latin1', 'text/plain', 'x', ''),
    },
  );
  const { body: schema } = operation;
  const body = schema ? bytes(textFor(schema)) : fc.option(bytes(textFor({})), { freq: 5 });
  return fc
    .record({
      path: fc.tuple(...path).map((all) => Object.fromEntries(all)),
      query: fc.tuple(...query).map((all) => all.flat()),
      headers: fc.tuple(...headers).map((all) => Object.fromEntries(all.flat())),
      type,
      body,
    })
    .map(({ type: contentType, body: sent, ...rest }) => ({
      ...rest,
      operation,
      ...(sent !== null && operation.method !== 'GET' && { body: sent }),
      headers: {
        ...rest.headers,
        ...(sent !== null && contentType && { 'content-type': contentType }),
      },
    }));
}

/** Mostly the text in UTF-8; sometimes with bytes in it that no text has, or cut off. */
const bytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 14, arbitrary: text.map((whole) => Buffer.from(whole)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.boolean())
        .map(([whole, place, odd, goesOn]) => {
          const sound = Buffer.from(whole);
          const at = place % (sound.length + 1);
          return Buffer.concat([
            sound.subarray(0, at),
            odd,
            goesOn ? sound.subarray(at) : Buffer.of(),
          ]);
        }),
    },
  );

const encode = (text: string) => encodeURIComponent(text.toWellFormed()).slice(0, 2_000);
