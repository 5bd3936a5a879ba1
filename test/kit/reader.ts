/** What a careful client holds of a conversation: the documented rules for `entry`, `rewind` and `delta`, and nothing else. */
import { expect } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import { type Position, START, type ReaderItem } from '../../stream/item.ts';

export class Reader {
  position: Position = START;
  entries: Entry[] = [];
  /** The reply in flight, as far as it is known. */
  speaking: { reply_id: string; attempt: number; text: string } | undefined;
  /** Every item, as `kind seq`, `rewind to` and so on. */
  seen: string[] = [];

  take(item: ReaderItem): void {
    switch (item.type) {
      case 'entry':
        this.seen.push(`${item.entry.kind} ${item.entry.seq}`);
        expect(item.entry.seq, 'no gap, no repeat').toBe(this.position.after + 1);
        this.entries.push(item.entry);
        this.position = item.position;
        if ('reply_id' in item.entry && item.entry.reply_id === this.speaking?.reply_id) {
          this.speaking = undefined;
        }
        return;
      case 'rewind':
        this.seen.push(`rewind ${item.position.after}`);
        expect(item.position.after, 'only what is held is forgotten').toBeLessThan(
          this.position.after,
        );
        this.entries.length = item.position.after;
        this.speaking = undefined;
        this.position = item.position;
        return;
      case 'delta': {
        const { reply_id, attempt, offset, text } = item;
        this.seen.push(`delta ${reply_id}.${attempt} ${offset} ${text}`);
        const same = this.speaking?.reply_id === reply_id && this.speaking.attempt === attempt;
        const held = same ? this.speaking!.text : '';
        expect(offset, 'no gap in what is said').toBeLessThanOrEqual(held.length);
        this.speaking = { reply_id, attempt, text: held.slice(0, offset) + text };
        return;
      }
      case 'progress':
        this.seen.push(`progress ${item.call_id} ${item.percent}`);
    }
  }

  /** The connection is lost: what was live is forgotten, what has a position is kept. */
  disconnect(): void {
    this.speaking = undefined;
  }
}
