/** One conversation of the store without a database. */
import type { ConversationKey } from '../../contract/names.ts';
import type { Progress, StoredConversation } from '../../store/store.ts';
import { createMemoryDrafts } from './memory-drafts.ts';
import { type MemoryLog, plain } from './memory-record.ts';

export interface MemoryRow extends MemoryLog {
  id: string;
  tenant: string;
  opened: boolean;
  agent: string;
  metadata: Record<string, unknown>;
  created_at: string;
  progress: Map<string, Progress>;
  erased_at?: string;
}

export const newRow = ({ tenant, id }: ConversationKey, at: string): MemoryRow => ({
  id,
  tenant,
  opened: false,
  agent: 'default',
  metadata: {},
  created_at: at,
  updated_at: at,
  progress: new Map(),
  fence: { run: 0, length: 0, at: 0 },
  runs: [],
  superseded: [],
  entries: [],
  head: { status: 'idle', calls: [], usage: { input_tokens: 0, output_tokens: 0 } },
  revision: 0,
  bases: new Map(),
  drafts: createMemoryDrafts(),
});

export const present = (row: MemoryRow): StoredConversation => ({
  ...plain(row.head),
  id: row.id,
  agent: row.agent,
  metadata: plain(row.metadata),
  created_at: row.created_at,
  updated_at: row.updated_at,
  last_seq: row.entries.length,
  revision: row.revision,
  ...(row.erased_at !== undefined && { erased_at: row.erased_at }),
});

export const newestFirst = (a: MemoryRow, b: MemoryRow) =>
  compareText(b.created_at, a.created_at) || compareText(b.id, a.id);

export const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
