/**
 * Removes the model's thoughts from its answer: blocks such as `<think>…</think>` at the beginning, which a server without a reasoning
 * parser leaves in the text. The same tags later on are ordinary text.
 */

export interface ThoughtFilter {
  /** Splits a piece of the answer into speech and thought. */
  add(piece: string): { said: string; thought: string };
  /** Call at the end of the answer: returns the text that was held back because it might have become a tag. */
  end(): { said: string; thought: string };
}

const NAME = '(?:seed:)?(?:think|thinking|thought|thoughts|reasoning)';
/** Some models note in the tag how long they thought. */
const ATTRIBUTES = '(?:\\s[^<>]{0,60})?';
const OPENING = new RegExp(
  `^(?:<${NAME}${ATTRIBUTES}>|\\[THINK\\]|◁think▷|<\\|START_THINKING\\|>|<\\|begin_of_thought\\|>|<\\|channel>thought\\n|(?:<\\|start\\|>assistant)?<\\|channel\\|>(?:analysis|commentary)<\\|message\\|>)`,
  'i',
);
const CLOSING = new RegExp(
  `(?:</${NAME}>|\\[/THINK\\]|◁/think▷|<\\|END_THINKING\\|>|<\\|end_of_thought\\|>|<\\|end\\|>|<channel\\|>)`,
  'i',
);

/** gpt-oss marks the channel of its speech in the same way as that of its thoughts. */
const SPEAKING = /^(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>/;

/** Some models mark the answer behind their thoughts, too. */
const ANSWER = /^<answer>\s*/i;

/** No closing tag is longer. */
const LONGEST_TAG = 24;

/** @param begun whether the model is known to begin with its thoughts, without an opening tag */
export function createThoughtFilter(begun = false): ThoughtFilter {
  let state: 'begins' | 'thinks' | 'speaks' | 'answers' = begun ? 'thinks' : 'begins';
  let held = '';
  let hasThought = begun;
  /** Text taken for thoughts without an opening tag: if no closing tag follows, it was the answer. */
  let unopened = begun ? '' : undefined;

  function read(isEnd: boolean): { said: string; thought: string } {
    let thought = '';
    for (;;) {
      if (state === 'begins') {
        const words = held.trimStart();
        const tag = OPENING.exec(words);
        if (tag) {
          held = words.slice(tag[0].length);
          hasThought = true;
          state = 'thinks';
        } else if (!isEnd && (couldBecomeTag(words) || (hasThought && couldBecomeAnswer(words)))) {
          return { said: '', thought };
        } else {
          state = hasThought && ANSWER.test(words) ? 'answers' : 'speaks';
          if (SPEAKING.test(words)) held = words.replace(SPEAKING, '');
          // White space after a block belongs to the block, even if it comes in a later piece.
          else if (hasThought) held = words.replace(ANSWER, '');
        }
      } else if (state === 'thinks') {
        const tag = CLOSING.exec(held);
        const upTo = tag ? tag.index : isEnd ? held.length : Math.max(0, held.length - LONGEST_TAG);
        const piece = held.slice(0, upTo);
        thought += piece;
        if (unopened !== undefined) unopened += piece;
        held = held.slice(upTo);
        if (tag) {
          held = held.slice(tag[0].length).trimStart();
          unopened = undefined;
          state = 'begins';
        } else if (!isEnd) return { said: '', thought };
        else
          return unopened === undefined ? { said: '', thought } : { said: unopened, thought: '' };
      } else {
        const upTo = state === 'answers' ? endOfAnswer(held, isEnd) : held.length;
        const said = held.slice(0, upTo);
        held = held.slice(upTo);
        return { said, thought };
      }
    }
  }

  return {
    add(piece) {
      held += piece;
      return read(false);
    },
    end: () => read(true),
  };
}

const couldBecomeAnswer = (words: string) =>
  '<answer>'.startsWith(words.toLowerCase()) || /^<answer>\s*$/i.test(words);

/** Where the text before the closing mark ends, or before what may become one. */
function endOfAnswer(text: string, isEnd: boolean): number {
  const end = text.search(isEnd ? /\s*<\/answer>\s*$/i : /\s*(<\/answer>\s*|<[/a-z]{0,7})?$/i);
  return end < 0 ? text.length : end;
}

const TAGS = [
  '<|channel>thought\n',
  ...['', 'seed:'].flatMap((prefix) =>
    ['think', 'thinking', 'thought', 'thoughts', 'reasoning'].map((name) => `<${prefix}${name}>`),
  ),
  '[think]',
  '◁think▷',
  '<|start_thinking|>',
  '<|begin_of_thought|>',
  ...['', '<|start|>assistant'].flatMap((start) =>
    ['analysis', 'commentary', 'final'].map(
      (channel) => `${start}<|channel|>${channel}<|message|>`,
    ),
  ),
];
const BEGUN = new RegExp(`^<${NAME}\\s[^<>]{0,60}$`);

function couldBecomeTag(words: string): boolean {
  const begin = words.toLowerCase();
  return TAGS.some((tag) => tag.startsWith(begin)) || BEGUN.test(begin);
}

/**
 * A closing tag without an opening one, on its own line or without a blank before and behind it: the text before it was thought,
 * although readers have seen it.
 */
const UNOPENED = new RegExp(
  `^\\s*</${NAME}>[ \\t]*(?:\\n|$)|(?<=[^\\s\`"'(<>])</${NAME}>(?:(?=[^\\s\`"'<>).,;:])|[ \\t]*\\n)`,
  'im',
);
const OPENED = new RegExp(`<${NAME}${ATTRIBUTES}>`, 'i');

/** The part of a whole answer that was said, if the answer turns out to begin with untagged thoughts. */
export function afterUnopened(text: string): string | undefined {
  const tag = UNOPENED.exec(text);
  if (!tag) return undefined;
  const before = text.slice(0, tag.index);
  if (before.includes('```') || OPENED.test(before)) return undefined;
  return text.slice(tag.index + tag[0].length).trimStart();
}
