import { APIError } from '../../client/index.ts';
import type { Field } from './fields.ts';

/** Why an answer was not sent. */
export interface AnswerFailure {
  words: string;
  /** The errors of fields, by name. */
  fields: Map<string, string>;
}

export function failureOf(error: unknown, fields: Pick<Field, 'name'>[]): AnswerFailure {
  const { message } = error as Error;
  if (!(error instanceof APIError)) {
    return { words: `Nothing was sent. ${message}`, fields: new Map() };
  }
  if (error.code === 'call_not_asking') {
    return { words: 'This question is answered already.', fields: new Map() };
  }
  const wrong = fields.flatMap(({ name }) => {
    const found = error.errors.find(({ path }) => path === `body.content.${name}`);
    return found ? [[name, plain(found.message)] as const] : [];
  });
  const words =
    wrong.length > 0 ? 'Nothing was sent yet: see above.' : `Nothing was sent. ${message}`;
  return { words, fields: new Map(wrong) };
}

function plain(message: string): string {
  const format = /^must match format "(.+)"$/.exec(message)?.[1];
  return `It ${(format && FORMATS[format]) ?? message}.`;
}

const FORMATS: Record<string, string> = {
  uri: 'must be an address, such as https://example.com',
  email: 'must be an email address',
  date: 'must be a date, such as 2030-01-31',
  'date-time': 'must be a date and time, such as 2030-01-31T09:30:00Z',
};
