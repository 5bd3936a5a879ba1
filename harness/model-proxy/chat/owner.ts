/**
 * Decides whether each piece of a streamed call belongs to the proxy or to the harness. Servers differ in how they tell calls apart
 * (model/streamed-calls.ts), and a name may come in pieces. The pieces of a call are held back until its name is known.
 */
import { type CallPiece, pieceOf } from '../../../model/streamed-calls.ts';
import type { Fields } from '../../../model/fields.ts';
import { asOffered, withoutMarks } from '../../../model/names.ts';

export interface Owners {
  /**
   * @param given a piece
   * @param chunk number of the chunk that contained it
   * @returns the pieces that are now known to be the harness's
   */
  take(given: Fields, chunk: number): Fields[];
  /** Call at the end of the stream. Returns the pieces that are still held back: they are the harness's. */
  rest(): Fields[];
  /** All pieces that are the proxy's. */
  ours: readonly CallPiece[];
}

interface Draft {
  id: string | undefined;
  index: number | undefined;
  names: string[];
  owner?: 'proxy' | 'harness';
  held: { given: Fields; piece: CallPiece }[];
}

/** @param names of the proxy's functions */
export function createOwners(names: ReadonlySet<string>): Owners {
  const ours: CallPiece[] = [];
  const drafts: Draft[] = [];

  function draftOf({ id, index, name }: CallPiece): Draft {
    const known =
      (id ? drafts.findLast((each) => each.id === id && isOf(each, index)) : undefined) ??
      (index === undefined ? drafts.at(-1) : drafts.findLast((each) => each.index === index)) ??
      (name ? undefined : drafts.at(-1));
    // A name begins a call, unless the name of the call before it is incomplete or the same.
    const isNext = Boolean(name) && known?.owner !== undefined && !known.names.includes(name!);
    if (known && !isNext) {
      if (name) known.names.push(name);
      return known;
    }
    const begun: Draft = { id: id || undefined, index, names: name ? [name] : [], held: [] };
    drafts.push(begun);
    return begun;
  }

  function ownerOf({ names: said, held }: Draft): Draft['owner'] {
    const whole = withoutMarks(said.join(''));
    if ([whole, said.at(-1) ?? ''].some((name) => names.has(asOffered(name, names))))
      return 'proxy';
    const mayGrow = [...names].some((name) => name.startsWith(whole));
    const hasInput = held.some(
      ({ piece }) => piece.arguments !== '' && piece.arguments !== undefined,
    );
    return mayGrow && !(hasInput && whole !== '') ? undefined : 'harness';
  }

  function release(draft: Draft): Fields[] {
    const held = draft.held.splice(0);
    if (draft.owner !== 'proxy') return held.map(({ given }) => given);
    ours.push(...held.map(({ piece }) => piece));
    return [];
  }

  return {
    ours,
    take(given, chunk) {
      const piece = readable(given, chunk);
      if (!piece) return [given];
      const draft = draftOf(piece);
      draft.held.push({ given, piece });
      draft.owner ??= ownerOf(draft);
      return draft.owner === undefined ? [] : release(draft);
    },
    rest: () => drafts.flatMap((draft) => (draft.owner === undefined ? release(draft) : [])),
  };
}

/** Undefined for a piece that the proxy cannot read. The harness may be able to. */
function readable(given: Fields, chunk: number): CallPiece | undefined {
  try {
    return pieceOf(given, chunk);
  } catch {
    return undefined;
  }
}

const isOf = (draft: Draft, index: number | undefined) =>
  index === undefined || draft.index === undefined || draft.index === index;
