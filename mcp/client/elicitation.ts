/** Reads a server's question to a person (MCP: elicitation). */
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { z } from 'zod';
import { whyRefused } from '../../contract/json-value.ts';
import type { McpOutcome, McpQuestion } from '../../tools/mcp-spool.ts';

/** The server asks for something that no person can be asked. The message says why. */
export class Unaskable extends Error {
  override name = 'Unaskable';
}

const form = z.object({
  mode: z.literal('form').optional(),
  message: z.string(),
  requestedSchema: z.record(z.string(), z.unknown()),
});
const visit = z.object({ mode: z.literal('url'), message: z.string(), url: z.string() });
const request = z.object({
  method: z.literal('elicitation/create'),
  params: z.union([visit, form]),
});

/** @throws Unaskable */
export function readQuestion(params: unknown): McpQuestion {
  const read = request.shape.params.safeParse(params);
  if (!read.success) throw new Unaskable('The question of the server is not valid.');
  const { message } = read.data;
  if (message.length > MOST_CHARS) throw new Unaskable('The question of the server is too long.');
  if ('url' in read.data) return { message, url: pageOf(read.data.url) };
  const { requestedSchema: schema } = read.data;
  refuseUnusable(schema);
  return { message, schema };
}

/**
 * @param requests `inputRequests` of a result or task that requires input
 * @returns the questions by the server's keys
 * @throws Unaskable
 */
export function readQuestions(requests: unknown): Record<string, McpQuestion> {
  const entries = Object.entries((requests ?? {}) as Record<string, unknown>);
  if (entries.length > MOST_QUESTIONS) {
    throw new Unaskable(`The server asks more than ${MOST_QUESTIONS} questions at once.`);
  }
  const questions = entries.map(([key, given]) => {
    const { success, data } = z
      .object({ method: z.string(), params: z.unknown() })
      .safeParse(given);
    if (success && data.method === request.shape.method.value) {
      return [key, readQuestion(data.params)] as const;
    }
    const what = success ? data.method : 'something unknown';
    throw new Unaskable(`The server asks for ${what}, which this service does not offer.`);
  });
  return Object.fromEntries(questions);
}

/** The outcome of a call whose question cannot be asked. */
export const unaskable = ({ message }: Unaskable, more = ''): McpOutcome => ({
  type: 'failed',
  name: 'InputRequired',
  message: `${message} ${more}`.trim(),
});

function pageOf(given: string): string {
  const url = URL.parse(given);
  if (!url || !['https:', 'http:'].includes(url.protocol) || given.length > MOST_CHARS) {
    throw new Unaskable('The server wants a person to visit an address that is not a web page.');
  }
  return url.href;
}

function refuseUnusable(schema: Record<string, unknown>): void {
  const refused = whyRefused(schema);
  if (refused !== undefined) throw new Unaskable(`The schema of the question ${refused}.`);
  if (JSON.stringify(schema).length > MOST_SCHEMA_CHARS) {
    throw new Unaskable('The schema of the question is too long.');
  }
  try {
    new AjvJsonSchemaValidator().getValidator(schema);
  } catch {
    throw new Unaskable('The schema of the question is not valid.');
  }
}

const MOST_CHARS = 8_000;
const MOST_SCHEMA_CHARS = 24_000;
const MOST_QUESTIONS = 20;
