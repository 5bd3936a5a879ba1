/**
 * How many tokens a text has, in the encoding of OpenAI's models since GPT-4o (o200k_base). For models with another encoding, and
 * for what a provider adds around messages and tools, it is an estimate, accurate to about a fifth: good for a budget, not for a
 * bill.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelMessage, ModelRequest } from './message.ts';

/** The tokens of everything that is sent: the messages and the declarations of the tools. */
export async function countRequest({
  messages,
  tools,
}: Pick<ModelRequest, 'messages' | 'tools'>): Promise<number> {
  const texts = [...messages.map(wordsOf), ...tools.map((tool) => JSON.stringify(tool))];
  let tokens = 0;
  for (const text of texts) tokens += TOKENS_AROUND + (await countTokens(text));
  return tokens;
}

export async function countTokens(text: string): Promise<number> {
  const known = counted.get(text);
  if (known !== undefined) {
    keep(text, known);
    return known;
  }
  const { countTokens: count } = await loadTokenizer();
  let tokens = 0;
  for (let at = 0; at < text.length; at += SLICE_CHARS) {
    // Yields now and then: a long text must not block this process.
    if (at % BREATH_CHARS === 0) await nextTurn();
    tokens += count(text.slice(at, at + SLICE_CHARS), AS_PLAIN_TEXT);
  }
  keep(text, tokens);
  return tokens;
}

function wordsOf(message: ModelMessage): string {
  if (message.role !== 'assistant') return message.text;
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

/** Past messages come again in each request. A cache of the most recently used ones, up to a size. */
const counted = new Map<string, number>();
const MOST_KEPT_CHARS = 4_000_000;
let keptChars = 0;

function keep(text: string, tokens: number): void {
  // A Map keeps insertion order: the most recently used key moves to the end.
  if (!counted.delete(text)) keptChars += text.length;
  counted.set(text, tokens);
  for (const oldest of counted.keys()) {
    if (keptChars <= MOST_KEPT_CHARS) return;
    counted.delete(oldest);
    keptChars -= oldest.length;
  }
}
