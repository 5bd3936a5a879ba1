/**
 * How many tokens a text has, by the encoding of OpenAI's models since GPT-4o (o200k_base). For models with another encoding,
 * and for what a provider puts around messages and tools, it is an estimate, good to about a fifth: for a budget, not for a bill.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ModelMessage, ModelRequest } from './message.ts';

/** Of everything that is sent: the messages and the declarations of the tools. */
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
    // This process does other things too: a long text may not hold them up.
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

/** Its tables take a third of a second and 70 MB, so only a process that counts loads them, before the first reply waits for it. */
export const loadTokenizer = () => import('gpt-tokenizer/encoding/o200k_base');

/** The words of a user who writes `<|endoftext|>` are words. */
const AS_PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/** Of a message or a tool: its role or kind, and where it ends. */
const TOKENS_AROUND = 4;

/** The tokenizer's time grows with the square of a word: 80,000 letters without a space took 47 s. A cut costs a token at most. */
const SLICE_CHARS = 500;
const BREATH_CHARS = 100 * SLICE_CHARS;

/** Past messages come again with each request. The last ones used, as many as fit. */
const counted = new Map<string, number>();
const MOST_KEPT_CHARS = 4_000_000;
let keptChars = 0;

function keep(text: string, tokens: number): void {
  // A Map holds its keys in the order in which they came: what was used last goes to the end.
  if (!counted.delete(text)) keptChars += text.length;
  counted.set(text, tokens);
  for (const oldest of counted.keys()) {
    if (keptChars <= MOST_KEPT_CHARS) return;
    counted.delete(oldest);
    keptChars -= oldest.length;
  }
}
