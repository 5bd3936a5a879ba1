import { markWords } from '../../client/index.ts';
import { clearText } from '../parts/clear-text.ts';
import { words } from './search.ts';

/** An excerpt around the words of the search, which are marked. */
export function ExcerptText({ text }: { text: string }) {
  const pieces = markWords(text, words.value.split(/\s+/));
  return (
    <span class="item-excerpt">
      {pieces.map((piece, nth) => {
        const shown = clearText(piece.text);
        return piece.isWord ? <mark key={nth}>{shown}</mark> : shown;
      })}
    </span>
  );
}
