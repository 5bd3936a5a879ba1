export interface DraftWriter {
  /** Returns at once. */
  add(text: string): void;
  /** Resolves when everything added has been written, or writing has failed. */
  finish(): Promise<void>;
  /** Drops the text that is not written yet. A write that has begun goes on. */
  discard(): void;
}

/**
 * Batches text into few writes: the first at once, then one at a time with a pause in between. A slow store makes the writes
 * larger, not more frequent. After a failure, which is passed to `failed` once, nothing more is written.
 */
export function createDraftWriter(
  write: (text: string, offset: number) => Promise<void>,
  failed: (error: unknown) => void,
  rest_ms: number,
): DraftWriter {
  let waiting = '';
  let offset = 0;
  let broken = false;
  let writing: Promise<void> | undefined;
  let isFinishing = false;
  /** Ends the pause early. */
  let wake = () => {};

  async function writeAll() {
    try {
      while (waiting !== '' && !broken) {
        const text = waiting;
        waiting = '';
        await write(text, offset);
        offset += text.length;
        if (!isFinishing) await rest();
      }
    } catch (error) {
      broken = true;
      failed(error);
    }
    writing = undefined;
  }

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, rest_ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  function hurry() {
    isFinishing = true;
    wake();
  }

  return {
    add(text) {
      waiting += text;
      writing ??= writeAll();
    },
    async finish() {
      hurry();
      await writing;
    },
    discard() {
      broken = true;
      hurry();
    },
  };
}
