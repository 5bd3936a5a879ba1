/** A life that is recorded. */
import type { Rig } from '../kit/rig.ts';
import type { RigConversation } from '../kit/resets.ts';


/** A conversation that is over, and the ids of the calls it made. */
export interface ToldStory {
  conversation: RigConversation;
  calls: string[];
}

export type HistoryStory = (rig: Rig) => Promise<ToldStory>;

/** The end of each story. */
export async function close(conversation: RigConversation, calls: string[]): Promise<ToldStory> {
  await conversation.close({});
  await conversation.handle.result();
  return { conversation, calls };
}
