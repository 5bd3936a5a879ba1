import type { ConversationKey } from '../contract/names.ts';
import type { Progress, Store } from '../store/store.ts';
import type { Bus } from './bus.ts';

export interface ShowProgressDependencies {
  store: Pick<Store, 'setProgress'>;
  bus: Pick<Bus, 'publish'>;
}

/** Sends a call's progress to current readers, and stores it for later ones. */
export async function showProgress(
  { store, bus }: ShowProgressDependencies,
  conversation: ConversationKey,
  call_id: string,
  progress: Omit<Progress, 'at'>,
): Promise<void> {
  bus.publish(conversation, { type: 'progress', call_id, ...progress });
  await store.setProgress(conversation, call_id, { ...progress, at: new Date().toISOString() });
}
