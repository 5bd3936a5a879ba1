import { defineTool, z } from 'meanwhile';

/** Counts the words of texts, with one result for each, then the total. After a crash it continues with the next text. */
export default defineTool({
  name: 'word_count',
  description: 'Counts the words of each text, and of all together.',
  input: z.object({ texts: z.array(z.string()).min(1).max(20) }),
  results: { min: 2, max: 21 },
  async *run({ texts }, call) {
    const done = counted.parse(call.checkpoint ?? { texts: 0, words: 0 });
    for (const [i, text] of texts.entries()) {
      if (i < done.texts) continue;
      const words = text.split(/\s+/).filter(Boolean).length;
      done.texts += 1;
      done.words += words;
      yield call.progress((100 * done.texts) / texts.length, `text ${done.texts}`);
      yield call.result({ text: done.texts, words }, { checkpoint: { ...done } });
    }
    return { total: done.words };
  },
});

const counted = z.object({ texts: z.int(), words: z.int() });
