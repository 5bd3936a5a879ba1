/** Ends a runaway answer: one that is too long, or one that keeps repeating blanks. */
import { ModelError } from './errors.ts';

export interface Bounds {
  /**
   * @returns the part that may be passed on: a long run of blanks is held back until words follow
   * @throws ModelError `ModelCutOff`
   */
  words(piece: string): string;
  /**
   * Counts text that is not passed on, such as thoughts and arguments.
   * @throws ModelError `ModelCutOff`
   */
  unseen(piece: string): void;
}

export function createBounds(maxTokens: number): Bounds {
  // Tokens are seldom this long on average, so a server that enforces the limit itself is never cut off here.
  const mostChars = maxTokens * LONG_TOKEN;
  let chars = 0;
  let said = 0;
  const run = { words: 0, unseen: 0 };
  /** Blanks that have not been passed on yet, and how many of their run have been. */
  let held = '';
  let passed = 0;

  function count(piece: string, where: 'words' | 'unseen'): void {
    chars += piece.length;
    for (const blanks of piece.matchAll(/\s+/g)) {
      const goesOn = blanks.index === 0 ? run[where] : 0;
      run[where] = goesOn + blanks[0].length;
      if (run[where] > MOST_BLANKS) throw repeatsBlanks();
    }
    if (/\S$/.test(piece)) run[where] = 0;
    if (chars > mostChars) throw tooLong(maxTokens);
  }

  return {
    words(piece) {
      count(piece, 'words');
      said += piece.length;
      if (said > MOST_WORDS) throw tooMuchSaid();
      const given = held + piece;
      const words = given.trimEnd();
      if (words !== '') passed = 0;
      const blanks = given.slice(words.length);
      const room = PASSED_BLANKS - passed;
      passed += Math.min(room, blanks.length);
      held = blanks.slice(room);
      return words + blanks.slice(0, room);
    },
    unseen: (piece) => count(piece, 'unseen'),
  };
}

const repeatsBlanks = () =>
  new ModelError(
    'ModelCutOff',
    `The answer was cut off: the model sent ${MOST_BLANKS} blanks in a row.`,
  );

const tooLong = (tokens: number) =>
  new ModelError(
    'ModelCutOff',
    `The answer was cut off: it exceeded the ${tokens} tokens that a reply may have.`,
  );

const tooMuchSaid = () =>
  new ModelError(
    'ModelCutOff',
    `The answer was cut off: its text exceeded ${MOST_WORDS} characters.`,
  );

const LONG_TOKEN = 6;
/** In characters. The text is part of an activity's result, of which Temporal accepts two megabytes. */
const MOST_WORDS = 400_000;
const PASSED_BLANKS = 50;
const MOST_BLANKS = 1_000;
