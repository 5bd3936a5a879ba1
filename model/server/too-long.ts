/** Recognises refusals because the conversation is too long for the model, in the forms of many providers. */

export interface ServerRefusal {
  /** Undefined when it came inside a stream. */
  status?: number;
  /** The code and the type of the error, if it has them. */
  code?: string;
  type?: string;
  /** Everything the provider said, as text. */
  words: string;
}

export function isTooLong({ status, code = '', type = '', words }: ServerRefusal): boolean {
  const said = words.toLowerCase();
  if (LARGER_THAN_ANY_RATE.test(said)) return true;
  if (status === 429 || RATE.test(said)) return false;
  if (status === 413) return true;
  if (status === 401 || status === 403 || status === 402) return false;
  if ([code, type].some((word) => CODE.test(word))) return true;
  if (/"n_ctx"|n_prompt_tokens/.test(said)) return true;
  return !ABOUT_A_PART.test(said) && WORDS.some((pattern) => pattern.test(said));
}

/** A limit of tokens per minute that the request exceeds by itself: waiting does not help. */
const LARGER_THAN_ANY_RATE = /request too large for/;

const RATE = /rate.?limit|quota|per.(min|minute|day|hour)|too many requests/;

const CODE =
  /(context|prompt|input|window|tokens?)\w*(exceed|too_?(long|large|many|big)|overflow)|exceed\w*(context|token|prompt|input)|(context|token)\w*_limit|context_length/i;

/** One field is too long, or too much output is requested: a shorter conversation would not help. */
const ABOUT_A_PART =
  /string too long|maximum string length|'(tools|stop|metadata)'.{0,20}array too long|(?<!\+ [`'"]?)max_(completion_|output_|new_)?tokens['"`]? (is|was|must)|(invalid value for|exceed\w*) ['"`]?max_(completion_|output_|new_)?tokens|(name|description|tool_call_id|metadata)\W.{0,80}too long|too many (tools|functions|images|messages|requests)|max_tokens.{0,20}(超过|超出)/;

const WINDOW = String.raw`(context|prompt|input|inputs|sequence|window|tokens?|messages?|conversation|request|text)`;
const TOO = String.raw`(too (long|large|big)|exceed\w*|overflow\w*|longer than|larger than|greater than|more than|over the|beyond|above|out of)`;
const LENGTH = String.raw`(context|tokens?|window|sequence|prompt|input)`;

const WORDS = [
  new RegExp(String.raw`${WINDOW}\b.{0,80}\btoo (long|large|big)\b`, 's'),
  /inputs?\W{0,3} must have (less|fewer) than|range of input length|input characters limit/,
  /tokens?\b.{0,60}\b(only|at most) (supports?|accepts?|allows?|has|holds?) (up to )?\d/s,
  /(prompt|input|context)\b.{0,20}\d\W{1,3}> .{0,20}\d/s,
  /too many (input |prompt )?tokens|more (input |prompt )?tokens than/,
  /maximum (allowed )?(context|prompt|input|sequence|model|number of (input |prompt )?tokens)/,
  /max(imum)?[_ ]?(context|prompt|input|seq\w*|model)[_ ]?(len|length|size|tokens)/,
  new RegExp(String.raw`context[ _-]?(length|size|window|limit)\b.{0,120}${TOO}`, 's'),
  new RegExp(String.raw`${TOO}.{0,120}context[ _-]?(length|size|window|limit)\b`, 's'),
  new RegExp(String.raw`tokens?\b.{0,80}${TOO}.{0,80}\b(limit|maximum|max|${LENGTH}|\d{3,})`, 's'),
  new RegExp(
    String.raw`${LENGTH}\b.{0,40}\b(length|count|size)\b.{0,80}(exceed|greater|larger|longer|over)`,
    's',
  ),
  new RegExp(
    String.raw`exceed\w*.{0,80}\b(tokens?|token limit|context|input length|prompt length)`,
    's',
  ),
  /(do|does|did|can|could|will|would)( ?n.t| ?not|not)? fit.{0,60}(context|window|model|memory)/s,
  /(context|window).{0,40}(is|was|became)? ?full/,
  /tokens \+ `?max_new_tokens`? must be/,
  /(token|上下文|输入|提示|消息).{0,20}(超过|超出|超长|过长|超限)/s,
  /reduce the (length|size) of (the|your) (messages?|prompt|input|conversation)/,
  /(shorten|truncate) (the|your) (messages?|prompt|input|conversation)/,
];

export interface Sizes {
  /** The size of the model's window, in the provider's own tokens. */
  most: number;
  /** The size of the request, in the same tokens. */
  sent?: number;
}

/** The sizes that a refusal names. Undefined if it does not name that of the window. */
export function sizesIn(words: string): Sizes | undefined {
  const numbers = [...words.matchAll(NUMBER)].map(([text]) => toNumber(text));
  const most = MOST.map((pattern) => pattern.exec(words)?.[1])
    .filter((text) => text !== undefined)
    .map(toNumber)
    .find((number) => number >= FEWEST);
  if (most === undefined) return undefined;
  const larger = numbers.filter((number) => number > most && number < most * 1_000);
  return { most, ...(larger.length > 0 && { sent: Math.max(...larger) }) };
}

/** No model has a smaller window. */
const FEWEST = 256;
const NUMBER = /\d[\d,_]*\d|\d/g;
const toNumber = (text: string) => Number(text.replaceAll(/[,_]/g, ''));

const GIVEN = String.raw`(\d[\d,_]*\d)`;
/** A number in parentheses directly behind "limit" is an error's (MiniMax). */
const MOST = [
  `n_ctx\\W{1,4}${GIVEN}`,
  `(?:less|fewer) than ${GIVEN} tokens`,
  `input length should be \\[\\d+, ?${GIVEN}\\]`,
  `(?:only|at most) \\w+ ${GIVEN}`,
  `(?:at most|maximum of|max of|up to|<=|limit of|limit is|only) ${GIVEN}`,
  `(?:maximum|max|limit|window|context|available)[^\\d]{0,60}?(?<!limit \\()${GIVEN}`,
  `[>] ?${GIVEN}`,
].map((source) => new RegExp(source, 'i'));
