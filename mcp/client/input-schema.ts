/** Converts the input schema of an MCP tool from JSON Schema to zod, which this service's tools use. */
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { z } from 'zod';
import { whyRefused } from '../../contract/json-value.ts';

/** The server's schema cannot be used. The message says why, as the end of a sentence. */
export class UnusableSchema extends Error {}

/**
 * The returned schema accepts exactly the values that the server's schema accepts, changes none, and has the server's JSON Schema.
 * @throws UnusableSchema
 */
export function inputSchema(given: unknown): z.ZodType {
  const schema = checked(given);
  let validate: ReturnType<AjvJsonSchemaValidator['getValidator']>;
  try {
    validate = new AjvJsonSchemaValidator().getValidator(schema);
  } catch (error) {
    throw new UnusableSchema(`its input schema is invalid: ${brief((error as Error).message)}`);
  }
  const input = z.custom((value) => validate(value).valid, {
    error: ({ input: value }) => brief(validate(value).errorMessage ?? 'is invalid'),
  });
  // Zod takes the JSON Schema of a type from this method.
  const { _zod: internals } = input;
  internals.toJSONSchema = () => structuredClone(schema);
  return input;
}

/**
 * Returns a copy, since the schema is part of every request to the model and must not change.
 * @throws UnusableSchema
 */
function checked(given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || !('type' in given)) {
    throw new UnusableSchema('its input schema is not an object');
  }
  if (given.type !== 'object') throw new UnusableSchema('its input is not an object');
  const refused = whyRefused(given);
  if (refused !== undefined) throw new UnusableSchema(`its input schema ${refused}`);
  const json = JSON.stringify(given);
  if (Buffer.byteLength(json) > MOST_BYTES) {
    throw new UnusableSchema(`its input schema has more than ${MOST_BYTES} bytes`);
  }
  return JSON.parse(json) as Record<string, unknown>;
}

/** Every request to a model includes every schema. */
const MOST_BYTES = 64_000;

const brief = (text: string) => (text.length > 300 ? `${text.slice(0, 300)} …` : text);
