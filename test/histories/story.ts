/** A life that is recorded. */
import type { Rig } from '../kit/rig.ts';

type Conversation = Awaited<ReturnType<Rig['converse']>>;

/** A conversation that is over, and the ids of the calls it made. */
export interface Told {
  conversation: Conversation;
  calls: string[];
}

export type Story = (rig: Rig) => Promise<Told>;

/** The end of each story. */
export async function close(conversation: Conversation, calls: string[]): Promise<Told> {
  await conversation.close({});
  await conversation.handle.result();
  return { conversation, calls };
}
