/** What a model says, as far as the test lets it: each attempt at the reply says it from the beginning. */
export interface HeldText {
  /** For one answer of the stub model. */
  readonly pieces: AsyncIterable<string>;
  /** More of the text, all of which begins with what was said before. */
  becomes(text: string): void;
  ends(): void;
}

export function heldText(): HeldText {
  let text = '';
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    get pieces() {
      return say();
    },
    becomes(more) {
      if (!more.startsWith(text)) throw new Error(`"${more}" does not begin with "${text}".`);
      text = more;
      wake();
    },
    ends() {
      isOver = true;
      wake();
    },
  };

  async function* say() {
    let length = 0;
    for (;;) {
      if (length < text.length) {
        const piece = text.slice(length);
        length = text.length;
        yield piece;
      } else if (isOver) return;
      else await changed.promise;
    }
  }
}
