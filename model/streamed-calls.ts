/**
 * Assembles the calls of an answer from the pieces of a Chat Completions stream. Providers differ: OpenAI numbers the calls and
 * names each once; others number none or all alike, give ids that are empty, repeated or new with every piece, send whole calls,
 * join two together, or repeat the name, or cut it in two. No provider begins a call in the middle of another's arguments, so
 * where arguments end is the last resort for telling calls apart.
 */
import { ModelError } from './errors.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { createScanner, isSameJson, objectsIn, type Scanner } from './glued.ts';
import { argumentsOf, textOf } from './wire.ts';

export interface CallPiece {
  index?: number;
  id?: string;
  name?: string;
  arguments?: string;
  /** The chunk of the stream that it came in. */
  chunk: number;
  /** Any other fields that come with it. */
  rest?: Record<string, unknown>;
}

export interface AssembledCall {
  name: string;
  arguments: string;
  rest: Record<string, unknown>[];
}

interface Draft {
  index?: number;
  ids: Set<string>;
  names: string[];
  pieces: string[];
  text: string;
  scanner: Scanner;
  chunk: number;
  rest: Record<string, unknown>[];
}

/**
 * @param given an element of `tool_calls`
 * @param chunk number of the chunk that contained it
 * @throws ModelError if its name or arguments are not text
 */
export function pieceOf(given: Fields, chunk: number): CallPiece {
  const { index, id, type: _type, function: named, ...rest } = given;
  const { name, arguments: text, ...more } = fieldsOf(named);
  const number = typeof index === 'string' && index !== '' ? Number(index) : index;
  const others = { ...rest, ...(Object.keys(more).length > 0 && { function: more }) };
  return {
    chunk,
    ...(typeof number === 'number' && { index: number }),
    ...(typeof id === 'string' && { id }),
    name: textOf(name),
    arguments: argumentsOf(text),
    ...(Object.keys(others).length > 0 && { rest: others }),
  };
}

/**
 * @param tools names of the tools that the model was offered
 * @throws ModelError for more than 2,000 calls
 */
export function assembleCalls(
  pieces: readonly CallPiece[],
  tools: ReadonlySet<string>,
): AssembledCall[] {
  const drafts: Draft[] = [];
  const repeated = repeatedIds(pieces);
  for (const piece of pieces) {
    const known = candidateOf(piece, drafts);
    const draft = known && goesOn(piece, known, { tools, repeated }) ? known : begin(piece, drafts);
    add(piece, draft);
  }
  return drafts
    .filter((draft, nth) => !isEcho(draft, drafts[nth - 1]))
    .flatMap((draft) => finish(draft, tools));
}

/**
 * Ids that appear in more than one piece. Where the provider uses ids to tell calls apart, either these do, or each call has only
 * one piece.
 */
function repeatedIds(pieces: readonly CallPiece[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { id } of pieces) {
    if (!id) continue;
    if (seen.has(id)) repeated.add(id);
    seen.add(id);
  }
  return repeated;
}

/** The call that the piece would continue, if it does not begin one. */
function candidateOf({ id, index, name }: CallPiece, drafts: Draft[]): Draft | undefined {
  const last = drafts.at(-1);
  const ofId = id ? drafts.filter((draft) => draft.ids.has(id)) : [];
  const isOfIndex = (draft: Draft) =>
    index === undefined || draft.index === undefined || draft.index === index;
  const byBoth = ofId.findLast(isOfIndex);
  if (byBoth) return byBoth;
  if (index === undefined) return last;
  const byIndex = drafts.findLast((draft) => draft.index === index);
  if (byIndex) return byIndex;
  // A server that numbers pieces instead of calls keeps the id, or sends nothing else that identifies the call.
  const byId = ofId.findLast((draft) => !draft.scanner.isComplete());
  const isNothingElse = !id && !name;
  return byId ?? (isNothingElse || last?.index === undefined ? last : undefined);
}

function goesOn(
  piece: CallPiece,
  draft: Draft,
  { tools, repeated }: { tools: ReadonlySet<string>; repeated: ReadonlySet<string> },
): boolean {
  const { id, name, index, chunk, arguments: text = '' } = piece;
  const isBegun = draft.text !== '';
  const isComplete = draft.scanner.isComplete();
  const isOtherId = Boolean(id) && draft.ids.size > 0 && !draft.ids.has(id!);
  const isOtherIndex = index !== undefined && draft.index !== undefined && draft.index !== index;

  if (isOtherIndex && (name || isComplete)) return false;
  if (!name) {
    if (!isOtherId) return true;
    // Without a name it begins no call, unless the name is still to come.
    return isBegun ? !isComplete : text !== '';
  }
  if (isOtherId) {
    if (!isBegun || isComplete || !draft.names.includes(name)) return false;
    // In the middle of a call's arguments, another id means another call only if ids identify more than single pieces.
    return !repeated.has(id!) && ![...draft.ids].some((each) => repeated.has(each));
  }
  if (id && draft.ids.has(id)) {
    // The arguments are complete and these are different: two calls share the id.
    const isWholeOther =
      isComplete && !isEmpty(draft) && isObject(text) && !isSameJson(text, draft.text);
    return !isWholeOther;
  }
  if (index === undefined && chunk === draft.chunk) return false;
  // An empty object may be a placeholder, but only for the call that it stands in.
  if (isBegun) return !isComplete || (isEmpty(draft) && draft.names.includes(name));
  return !areTwoTools(draft, name, tools);
}

/** Far more than a plausible answer has, and few enough to be compared with each piece. */
const MOST_DRAFTS = 2_000;

const isObject = (text: string) => text.trimStart().startsWith('{');
const isEmpty = ({ text }: Draft) => /^\s*\{\s*\}\s*$/.test(text);

/**
 * Whether these are two calls without arguments rather than a name in two pieces: both are tools, and joined they are not one.
 */
function areTwoTools({ names }: Draft, name: string, tools: ReadonlySet<string>): boolean {
  const before = nameOf(names, tools);
  if (before === '' || before === name) return false;
  return tools.has(before) && tools.has(name) && !tools.has(before + name);
}

function begin({ index, chunk }: CallPiece, drafts: Draft[]): Draft {
  if (drafts.length === MOST_DRAFTS) {
    throw new ModelError(
      'ModelBrokenAnswer',
      `The model requested more than ${MOST_DRAFTS} calls.`,
    );
  }
  const draft: Draft = {
    index,
    ids: new Set(),
    names: [],
    pieces: [],
    text: '',
    scanner: createScanner(),
    chunk,
    rest: [],
  };
  drafts.push(draft);
  return draft;
}

function add({ id, index, name, arguments: text = '', rest }: CallPiece, draft: Draft): void {
  // Some servers repeat everything at the end.
  const isRepetition =
    Boolean(id && draft.ids.has(id)) && draft.scanner.isComplete() && isSameJson(text, draft.text);
  if (id) draft.ids.add(id);
  draft.index ??= index;
  if (name && draft.text === '') draft.names.push(name);
  if (rest) draft.rest.push(rest);
  if (text === '' || isRepetition) return;
  draft.pieces.push(text);
  draft.text += text;
  draft.scanner.add(text);
}

/** A repetition of the name of a complete call. */
const isEcho = (draft: Draft, before: Draft | undefined) =>
  before !== undefined &&
  draft.ids.size === 0 &&
  draft.text === '' &&
  draft.chunk !== before.chunk &&
  before.text !== '' &&
  draft.names.every((name) => before.names.includes(name));

function finish(draft: Draft, tools: ReadonlySet<string>): AssembledCall[] {
  const name = nameOf(draft.names, tools);
  if (name === '' && draft.text.trim() === '') return [];
  const [first = '', ...others] = argumentsIn(draft);
  return [
    { name, arguments: first, rest: draft.rest },
    ...others.map((each) => ({ name, arguments: each, rest: [] })),
  ];
}

/** The arguments of one call for each text. */
function argumentsIn(draft: Draft): string[] {
  const objects = objectsIn(draft.text);
  if (objects === undefined) return [grown(draft) ?? draft.text];
  if (objects.length < 2) return [draft.text];
  // Some gateways send an empty object as a placeholder before the real one.
  const given = objects.filter((each) => !/^\{\s*\}$/.test(each));
  return given.length > 0 ? given : objects.slice(0, 1);
}

/** Some servers send everything so far with each piece. */
function grown({ pieces }: Draft): string | undefined {
  const last = pieces.at(-1) ?? '';
  const grows = pieces.every((piece, nth) => nth === 0 || piece.startsWith(pieces[nth - 1]!));
  return pieces.length > 1 && grows && objectsIn(last)?.length === 1 ? last : undefined;
}

/** The name may come once, with every piece, in pieces, or growing: the names of the tools decide. */
function nameOf(names: readonly string[], tools: ReadonlySet<string>): string {
  const [first = ''] = names;
  const last = names.at(-1) ?? '';
  const whole = names.join('');
  const known = [whole, last, first].find((name) => tools.has(name));
  if (known !== undefined) return known;
  if (names.every((name) => name === first)) return first;
  return names.every((name, nth) => nth === 0 || name.startsWith(names[nth - 1]!)) ? last : whole;
}
