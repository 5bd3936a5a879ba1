/**
 * Changes to a request that a server refuses. Servers refuse fields that others need, and only trying shows which. Each remedy recognises
 * from the text of a refusal that it may help, and changes the request. A remedy that has helped is applied to every later request to that
 * model (exchange.ts).
 */
import { type Fields as Body, isFields as isObject, listOf, only, without } from '../fields.ts';
import type { ServerRefusal } from './too-long.ts';
import { isUnreadable } from './unreadable.ts';

export interface Remedy {
  name: string;
  /** Whether the remedy may help. `said` is the text of the refusal in lower case. */
  fits(body: Body, said: string): boolean;
  apply(body: Body): Body;
}

/**
 * The request for a server that does not support asynchronous tools (docs/decisions/0032-async-tools.md). The question includes
 * it: if it were made from the body, the other remedies could not be applied. A server that ignores the field misses the answers
 * of open calls.
 */
export const withoutAsyncTools: Remedy = {
  name: 'no async tools',
  fits: (body, said) => {
    const isUnnamed = UNNAMED.test(said) && !OPTIONAL.some((field) => field in body);
    const isAsync = [...toolsOf(body), ...listOf(body.input)].some(({ async }) => async === true);
    return isAsync && (isUnnamed || ASYNC_OR_UNANSWERED.test(said));
  },
  apply: (body) => body,
};

/** In the order in which they are tried. */
export const remedies: Remedy[] = [
  withoutAsyncTools,
  dropping('no usage in the stream', ['stream_options'], /stream_options|include_usage/),
  {
    name: 'max_completion_tokens',
    fits: (body, said) => 'max_tokens' in body && /max_completion_tokens/.test(said),
    apply: ({ max_tokens, ...body }) => ({ ...body, max_completion_tokens: max_tokens }),
  },
  {
    name: 'max_tokens',
    fits: (body, said) =>
      'max_completion_tokens' in body &&
      /max_completion_tokens/.test(said) &&
      !/at most|too (large|high|big)|less than|exceed|range/.test(said),
    apply: ({ max_completion_tokens, ...body }) => ({ ...body, max_tokens: max_completion_tokens }),
  },
  dropping(
    'no limit of tokens',
    ['max_tokens', 'max_completion_tokens', 'max_output_tokens'],
    /max_\w*tokens|maximum tokens you requested|max(imum)? (output|completion)|(output|completion) tokens|(in|for) the (completion|output)|or completion/,
  ),
  dropping('no encrypted reasoning', ['include'], /include|encrypted/),
  dropping('no store', ['store'], /\bstore\b/),
  {
    name: 'no strict tools',
    fits: (body, said) => /\bstrict\b/.test(said) && toolsOf(body).some((tool) => 'strict' in tool),
    apply: (body) => ({ ...body, tools: toolsOf(body).map((tool) => without(tool, ['strict'])) }),
  },
  {
    name: 'system for developer',
    fits: (body, said) => ABOUT_A_ROLE.test(said) && messagesOf(body).some(isDeveloper),
    apply: (body) => ({
      ...body,
      messages: messagesOf(body).map((message) =>
        isDeveloper(message) ? { ...message, role: 'system' } : message,
      ),
    }),
  },
  {
    // For templates without a role for instructions.
    name: 'instructions before the first message',
    fits: (body, said) => NO_INSTRUCTIONS.test(said) && messagesOf(body).some(isInstruction),
    apply: (body) => ({ ...body, messages: withInstructionsOfUser(messagesOf(body)) }),
  },
  withReasoning('empty reasoning with calls', (message) => 'tool_calls' in message),
  withReasoning('empty reasoning with all text', () => true),
  {
    name: 'empty text in place of null',
    fits: (body, said) =>
      /content/.test(said) &&
      /null|none|string|empty|missing|required|type/.test(said) &&
      messagesOf(body).some(isWordless),
    apply: (body) => ({
      ...body,
      messages: messagesOf(body).map((message) =>
        isWordless(message) ? { ...message, content: '' } : message,
      ),
    }),
  },
  {
    name: 'placeholder signatures',
    fits: (body, said) =>
      MISSING.test(said) &&
      /thought[_ ]?signature/.test(said) &&
      callsOf(body).some((call) => !isSigned(call)),
    apply: (body) => withCalls(body, (call) => (isSigned(call) ? call : { ...call, ...UNSIGNED })),
  },
  {
    name: 'nothing attached',
    fits: (body, said) =>
      hasAttached(body) &&
      /reasoning|thought|thinking|signature|extra_content|encrypted|provider_specific/.test(said),
    apply: withoutAttached,
  },
  {
    name: 'plain schemas',
    fits: (body, said) =>
      toolsOf(body).length > 0 &&
      /schema|parameters|propert|grammar|anyof|additionalproperties|\b(minimum|maximum|pattern|format|enum|default)\b/.test(
        said,
      ),
    apply: (body) => ({ ...body, tools: toolsOf(body).map(withPlainSchema) }),
  },
  {
    // For a server that does not name the field it refuses.
    name: 'only required fields',
    fits: (body, said) =>
      UNNAMED.test(said) && (OPTIONAL.some((field) => field in body) || hasAttached(body)),
    apply: (body) => withoutAttached(without(body, OPTIONAL)),
  },
];

/** Statuses of servers that refuse a field. Undefined when the refusal came inside a stream. */
export const isAboutTheRequest = (refusal: ServerRefusal) =>
  !isUnreadable(refusal) &&
  (refusal.status === undefined || [400, 404, 413, 415, 422, 500, 501].includes(refusal.status));

function dropping(name: string, fields: string[], said: RegExp): Remedy {
  return {
    name,
    fits: (body, words) => said.test(words) && fields.some((field) => field in body),
    apply: (body) => without(body, fields),
  };
}

const OPTIONAL = [
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'include',
  'store',
];

const MISSING =
  /missing|lack|must be|required|needs?\b|without|pass\w* back|not (found|present|provided|set)/;

const ASYNC_OR_UNANSWERED =
  /\basync|\btool (calls?|outputs?|messages?|results?|responses?)\b|function[_ ]call/;

/** A template seldom names the role it refuses. */
const ABOUT_A_ROLE =
  /developer|(invalid|unexpected|unknown|unsupported|unrecogni[sz]ed) (message )?role|roles? (is|are) (not )?(supported|allowed)/;

const NO_INSTRUCTIONS =
  /(system|developer)[ _](role|instructions?|messages?|prompts?)\b.{0,60}(\bnot\b|n't\b|unsupported|disabled)|only user.{0,20} (assistant|model) roles/;

const UNNAMED =
  /extra (inputs?|fields?|forbidden)|extra_forbidden|(unknown|unrecogni[sz]ed|unsupported|unexpected|additional|invalid)[ _](request )?(parameters?|fields?|arguments?|propert\w+|names?|inputs?|keys?|keyword)|not permitted|400 status code \(no body\)/;

const toolsOf = (body: Body) => listOf(body.tools);
const messagesOf = (body: Body) => listOf(body.messages);
const callsOf = (body: Body) => messagesOf(body).flatMap((message) => listOf(message.tool_calls));

const isDeveloper = ({ role }: Body) => role === 'developer';
const isAssistant = ({ role }: Body) => role === 'assistant';

const isInstruction = ({ role }: Body) => role === 'system' || role === 'developer';

function withInstructionsOfUser(messages: Body[]): Body[] {
  const instructions = messages.filter(isInstruction).map(({ content }) => String(content));
  const [first, ...rest] = messages.filter((message) => !isInstruction(message));
  const isOfUser = first?.role === 'user';
  const content = [...instructions, ...(isOfUser ? [String(first.content)] : [])].join('\n\n');
  return [{ role: 'user', content }, ...(first && !isOfUser ? [first] : []), ...rest];
}

const isWordless = ({ content }: Body) => content === null;

/** Adds an empty reasoning to the answers of other models. */
function withReasoning(name: string, isWanted: (message: Body) => boolean): Remedy {
  const lacksIt = (message: Body) =>
    isAssistant(message) && isWanted(message) && !('reasoning_content' in message);
  return {
    name,
    fits: (body, said) =>
      MISSING.test(said) && /reasoning_content/.test(said) && messagesOf(body).some(lacksIt),
    apply: (body) => ({
      ...body,
      messages: messagesOf(body).map((message) =>
        lacksIt(message) ? { ...message, reasoning_content: '' } : message,
      ),
    }),
  };
}

/** Google's own value for calls that none of their models has signed. */
const UNSIGNED = {
  extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } },
};

const isSigned = ({ extra_content }: Body) =>
  isObject(extra_content) && JSON.stringify(extra_content).includes('thought_signature');

function withCalls(body: Body, change: (call: Body) => Body): Body {
  const messages = messagesOf(body).map((message) =>
    'tool_calls' in message
      ? { ...message, tool_calls: listOf(message.tool_calls).map(change) }
      : message,
  );
  return { ...body, messages };
}

const MESSAGE_FIELDS = ['role', 'content', 'tool_calls', 'tool_call_id', 'name'];
const CALL_FIELDS = ['id', 'type', 'function'];

function hasAttached(body: Body): boolean {
  return JSON.stringify(withoutAttached(body)) !== JSON.stringify(body);
}

function withoutAttached(body: Body): Body {
  if ('input' in body) {
    const isOurs = (item: Body) => item.type !== 'reasoning';
    return { ...body, input: listOf(body.input).filter(isOurs) };
  }
  const bare = messagesOf(body).map((message) =>
    isAssistant(message) ? only(message, MESSAGE_FIELDS) : message,
  );
  return withCalls({ ...body, messages: bare }, (call) => ({
    ...only(call, CALL_FIELDS),
    ...(isObject(call.function) && { function: only(call.function, ['name', 'arguments']) }),
  }));
}

function withPlainSchema(tool: Body): Body {
  if (isObject(tool.function)) return { ...tool, function: withPlainSchema(tool.function) };
  return { ...tool, parameters: plain(tool.parameters) };
}

/** The part of JSON schema that every server supports. */
function plain(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const [first] = listOf(schema.anyOf);
  const { description = first?.description, ...rest } = first ? { ...first, ...schema } : schema;
  const { type, properties, required, items, enum: values } = rest;
  return {
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...(isObject(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, each]) => [name, plain(each)]),
      ),
    }),
    ...(required !== undefined && { required }),
    ...(items !== undefined && { items: plain(items) }),
    ...(values !== undefined && { enum: values }),
  };
}
