/** Shows the user and the model what a call is waiting for, as its progress. */
import type { CallStart } from '../../contract/call.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { showProgress } from '../../stream/show-progress.ts';

export interface NoteDependencies {
  store: Pick<Store, 'progress' | 'setProgress'>;
  bus: Pick<Bus, 'publish'>;
}

export type Noted = Pick<CallStart, 'conversation' | 'call_id' | 'tool'>;

const WAITS = 'waits for one of ';

/** @param what the owner of the places, with a leading space; @param before how many waiting calls come first */
export const waitingNote = (limit: number, what: string, before: number) =>
  `${WAITS}${limit} places${what}, ${before} before it`;

/** @param note undefined when the call no longer waits: any note shown is removed */
export async function showNote(
  { store, bus }: NoteDependencies,
  { conversation, call_id }: Noted,
  note: string | undefined,
): Promise<void> {
  const shown = await noteOf(store, { conversation, call_id });
  if (shown === note) return;
  await showProgress({ store, bus }, conversation, call_id, note === undefined ? {} : { note });
}

/** Removes a note that says what the call waits for, and no other note. */
export async function hideWaitingNote(dependencies: NoteDependencies, call: Noted): Promise<void> {
  const shown = await noteOf(dependencies.store, call);
  if (shown?.startsWith(WAITS)) await showNote(dependencies, call, undefined);
}

const noteOf = async (
  store: NoteDependencies['store'],
  { conversation, call_id }: Omit<Noted, 'tool'>,
) => (await store.progress(conversation, [call_id])).get(call_id)?.note;
