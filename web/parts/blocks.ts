/** Markdown as blocks of HTML that is not sanitised yet. */
import { Marked, type Token, type TokensList } from 'marked';
import remend from 'remend';

export interface MarkdownBlock {
  raw: string;
  /** Undefined if the Markdown cannot be parsed: the text is shown as it is. */
  html?: string;
}

/**
 * Reads one text, again and again while it grows. Finished blocks are kept, and only the rest is read, so a
 * piece of a long answer costs no more than one of a short answer.
 */
export function createReader(): (text: string, growing: boolean) => readonly MarkdownBlock[] {
  let settled: readonly MarkdownBlock[] = [];
  /** The text of the settled blocks. */
  let begin = '';
  let hasReferences = false;
  return (given, growing) => {
    const text = given.replaceAll(/\r\n?/g, '\n');
    if (!growing) return blocksOf(text);
    if (hasReferences || !text.startsWith(begin)) {
      settled = [];
      begin = '';
    }
    const rest = text.slice(begin.length);
    const tokens = tokensOf(remend(rest));
    if (!tokens) return [...settled, { raw: rest }];
    hasReferences ||= Object.keys(tokens.links).length > 0;
    // A reference may be used in any block, also in those before its definition.
    if (hasReferences && begin !== '') return blocksOf(remend(text));
    const blocks = tokens.map((token) => blockOf(token, tokens));
    const shown = [...settled, ...visible(tokens, blocks)];
    if (!hasReferences) {
      const count = settledCount(tokens, rest);
      settled = [...settled, ...visible(tokens.slice(0, count), blocks)];
      begin += rawOf(tokens.slice(0, count));
    }
    return shown;
  };
}

/** The number of finished tokens: all but the last two blocks. A list goes on after an empty line, and a paragraph may become a heading or a table. */
function settledCount(tokens: Token[], text: string): number {
  const last = tokens.findLastIndex(isVisible);
  const count = Math.max(0, tokens.slice(0, Math.max(0, last)).findLastIndex(isVisible));
  // `remend` may have completed an unfinished end, so that the tokens no longer match the text.
  return text.startsWith(rawOf(tokens.slice(0, count))) ? count : 0;
}

const rawOf = (tokens: Token[]) => tokens.map(({ raw }) => raw).join('');
const isVisible = ({ type }: Token) => type !== 'space' && type !== 'def';
const visible = (tokens: Token[], blocks: MarkdownBlock[]) =>
  blocks.slice(0, tokens.length).filter((_, nth) => isVisible(tokens[nth]!));

const known = new Map<string, readonly MarkdownBlock[]>();
const MOST_KNOWN = 200;

/** The blocks of a complete text. They are cached, since rows leave the document and come back. */
function blocksOf(text: string): readonly MarkdownBlock[] {
  const before = known.get(text);
  if (before) return before;
  const tokens = tokensOf(text);
  const blocks = tokens
    ? tokens.filter(isVisible).map((token) => blockOf(token, tokens))
    : [{ raw: text }];
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(text, blocks);
  return blocks;
}

const marked = new Marked({ gfm: true, breaks: true });
marked.use({
  renderer: {
    // Markup that a model writes is text: seen, and no more than that.
    html: ({ text }) => (/^<br\s*\/?>$/i.test(text.trim()) ? '<br>' : escaped(text)),
  },
});

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character]!);

/** Undefined if it is nested deeper than the parser can follow. */
function tokensOf(text: string): TokensList | undefined {
  try {
    return marked.lexer(text);
  } catch {
    return undefined;
  }
}

function blockOf(token: Token, { links }: TokensList): MarkdownBlock {
  try {
    return { raw: token.raw, html: marked.parser(Object.assign([token], { links })) };
  } catch {
    return { raw: token.raw };
  }
}
