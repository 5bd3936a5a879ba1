import { useEffect, useRef, useState } from 'preact/hooks';
import type { ConversationState } from '../../client/index.ts';
import { announce } from '../parts/announce.tsx';

/**
 * Announces whole messages as they come, and calls that need a person. Older ones are not announced.
 * @param seqAtOpening seq of the last entry when the conversation was opened; undefined: not known yet
 */
export function useAnnouncements(state: ConversationState, seqAtOpening: number | undefined): void {
  // The view may have been left and opened again.
  const [seqAtMount] = useState(state.seq);
  /** Names of what was announced, or was there before. */
  const known = useRef<Set<string>>(undefined);
  useEffect(() => {
    if (seqAtOpening === undefined || state.seq < seqAtOpening) return;
    const latest = announcementsIn(state, known.current ? LATEST_MESSAGES : Infinity);
    const before = Math.max(seqAtOpening, seqAtMount);
    known.current ??= new Set(latest.filter(({ seq }) => seq <= before).map(({ name }) => name));
    const fresh = latest.filter(({ name }) => !known.current!.has(name));
    if (fresh.length === 0) return;
    for (const { name } of fresh) known.current.add(name);
    announce(fresh.map(({ words }) => words).join(' '));
  }, [state, seqAtOpening]);
}

interface Announcement {
  name: string;
  seq: number;
  words: string;
}

/** At most this many messages end between two frames. */
const LATEST_MESSAGES = 5;

function announcementsIn(
  { messages, questions, approvals }: ConversationState,
  count: number,
): Announcement[] {
  return [
    ...messages.slice(-count).flatMap((message) => {
      if (message.from !== 'agent' || message.status === 'streaming') return [];
      const { id, seq, text, error } = message;
      return [{ name: id, seq, words: `Agent: ${text || error?.message || ''}` }];
    }),
    ...questions.map(({ id, seq, tool, question }) => ({
      ...{ name: `${id} ${question!.id}`, seq },
      words: `${tool} asks you: ${question!.message}`,
    })),
    ...approvals.map(({ id, seq, tool, why }) => ({
      ...{ name: id, seq },
      words: `${tool} needs your approval. ${why ?? ''}`,
    })),
  ];
}
