/** The answer to what a call asks, as a person types it. */
import type { AnswerParams, CallState } from '../../client/index.ts';
import { findCall } from './commands.ts';

interface Typed {
  kind: 'answer' | 'decline';
  given: string;
}

/**
 * @param asking the calls that wait for an answer
 * @param all every call of the conversation, in order
 * @returns an explanation if it is not clear which call is meant, or if the content has another form
 */
export function answerFrom(
  { kind, given }: Typed,
  asking: readonly CallState[],
  all: readonly CallState[],
): { call: CallState; params: AnswerParams } | string {
  const [word = ''] = given.split(/\s+/, 1);
  // The first word names the call, unless only one asks and the word is not its name.
  const named = findCall(word, asking, all);
  const call = word !== '' && typeof named === 'object' ? named : findCall(undefined, asking, all);
  if (typeof call === 'string') return call;
  const rest = call === named ? given.slice(word.length).trim() : given;
  const question = call.question!;
  const question_id = question.id;
  if (kind === 'decline') return { call, params: { question_id, action: 'decline' } };
  const content = question.schema ? contentFrom(rest, question.schema) : {};
  if (typeof content === 'string') return content;
  return { call, params: { question_id, action: 'accept', ...(question.schema && { content }) } };
}

function contentFrom(
  text: string,
  schema: Record<string, unknown>,
): Record<string, unknown> | string {
  if (text === '') return {};
  const fields = Object.entries((schema.properties ?? {}) as Record<string, { type?: string }>);
  const [only] = fields;
  if (only && fields.length === 1 && !text.startsWith('{')) {
    const [name, { type }] = only;
    return { [name]: type === undefined || type === 'string' ? text : parsed(text) };
  }
  const content = parsed(text);
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Record<string, unknown>;
  }
  const names = fields.map(([name]) => name).join(', ');
  return `Write the answer as JSON, with these fields: ${names}.`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
