/**
 * Counts the tokens of texts in the encoding of OpenAI's models since GPT-4o (o200k_base). For models with another encoding, and for what a
 * provider adds around messages and tools, the count is an estimate, accurate to about a fifth. It serves budgets, not bills.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelMessage, ModelRequest, ToolDeclaration } from './message.ts';

/** The tokens of everything that is sent: the messages and the declarations of the tools. */
export async function countRequest({
  messages,
  tools,
}: Pick<ModelRequest, 'messages' | 'tools'>): Promise<number> {
  const texts = [...messages.map(wordsOf), ...tools.map(declarationOf)];
  let tokens = 0;
  // Nearly all counts are cached. Awaiting each of them would take longer than counting.
  for (const text of texts) tokens += TOKENS_AROUND + (recall(text) ?? (await countAgain(text)));
  return tokens;
}

/** At least the tokens of the request. Texts that have not been counted yet are taken for the longest that they can be, which takes no time. */
export const mostTokens = ({ messages, tools }: Pick<ModelRequest, 'messages' | 'tools'>): number =>
  [...messages.map(wordsOf), ...tools.map(declarationOf)].reduce(
    (sum, text) => sum + TOKENS_AROUND + (recall(text) ?? text.length * MOST_BYTES),
    0,
  );

/** A token is at least one byte, and a UTF-16 unit at most three bytes of UTF-8. */
const MOST_BYTES = 3;

export const countTokens = async (text: string): Promise<number> =>
  recall(text) ?? countAgain(text);

async function countAgain(text: string): Promise<number> {
  const { countTokens: count } = await loadTokenizer();
  let tokens = 0;
  for (let at = 0; at < text.length; at += SLICE_CHARS) {
    // Yields to the event loop now and then, so that a long text does not block this process.
    if (at % BREATH_CHARS === 0) await nextTurn();
    tokens += count(text.slice(at, at + SLICE_CHARS), AS_PLAIN_TEXT);
  }
  keep(text, tokens);
  return tokens;
}

function wordsOf(message: ModelMessage): string {
  if (message.role !== 'assistant' || message.calls.length === 0) return message.text;
  const calls = message.calls.map((call) => `${call.call_id} ${call.tool} ${call.arguments}`);
  return [message.text, ...calls].join('\n');
}

/**
 * Its tables take a third of a second and 70 MB, so only a process that counts loads them, before the first reply has to wait.
 */
export const loadTokenizer = () => import('gpt-tokenizer/encoding/o200k_base');

/** When a user writes `<|endoftext|>`, it is text. */
const AS_PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/** Overhead of a message or a tool: its role or kind, and its end. */
const TOKENS_AROUND = 4;

/**
 * The tokenizer's time is quadratic in the length of a word: 80,000 letters without a space took 47 s. A cut costs at most one
 * token.
 */
const SLICE_CHARS = 500;
const BREATH_CHARS = 100 * SLICE_CHARS;

/** A declaration is made once for each tool. */
const declarations = new WeakMap<ToolDeclaration, string>();

function declarationOf(tool: ToolDeclaration): string {
  const text = declarations.get(tool) ?? JSON.stringify(tool);
  declarations.set(tool, text);
  return text;
}

/**
 * Counts of texts, since past messages come again in each request. The cache has two generations: a text that is used moves to the newer
 * one, and when that is full, the older one is dropped.
 */
let recent = new Map<string, number>();
let earlier = new Map<string, number>();
/** The most characters of the texts in a generation. */
const MOST_KEPT_CHARS = 2_000_000;
let recentChars = 0;

function recall(text: string): number | undefined {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const old = earlier.get(text);
  if (old !== undefined) keep(text, old);
  return old;
}

function keep(text: string, tokens: number): void {
  if (recentChars > MOST_KEPT_CHARS) {
    earlier = recent;
    recent = new Map();
    recentChars = 0;
  }
  if (!recent.has(text)) recentChars += text.length;
  recent.set(text, tokens);
}
