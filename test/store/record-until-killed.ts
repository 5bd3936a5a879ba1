/** The process that pglite.server.test.ts kills: appends to a log and prints each seq once it is acknowledged. */
import { writeSync } from 'node:fs';
import type { ConversationKey } from '../../contract/names.ts';
import { openStore } from '../../store/open.ts';
import { batch, message } from './samples.ts';

const [folder, key] = process.argv.slice(2);
const conversation: ConversationKey = JSON.parse(key!);
const store = await openStore({ folder: folder! });
let seq = (await store.conversation(conversation))?.last_seq ?? 0;
for (;;) {
  seq += 1;
  await store.record(batch(conversation, [1, seq], seq, [message(seq, `${seq}`)]));
  writeSync(1, `${seq}\n`);
}
