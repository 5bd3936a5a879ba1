/** Readers of one conversation in a process of their own: `open` them, then have them tell what they `hear` of the next reply. */
import { type HeardReply, type LightReader, openLightReader } from './light-reader.ts';

export type Order =
  | { do: 'open'; url: string; readers: number; entries: number }
  /** Answered twice: at once, and when all have heard the end of a reply. */
  | { do: 'hear' }
  | { do: 'close' };

export type ReaderReport =
  | { did: 'open' | 'listen' | 'close' }
  | { did: 'hear'; heard: HeardReply[] };

const AT_ONCE = 50;

let readers: LightReader[] = [];

async function carryOut(order: Order): Promise<void> {
  switch (order.do) {
    case 'open': {
      while (readers.length < order.readers) {
        const count = Math.min(AT_ONCE, order.readers - readers.length);
        const more = Array.from({ length: count }, () => openLightReader(order.url));
        readers.push(...(await Promise.all(more)));
      }
      while (readers.some(({ entries }) => entries < order.entries)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return report({ did: 'open' });
    }
    case 'hear': {
      const heard = Promise.all(readers.map((reader) => reader.heard()));
      report({ did: 'listen' });
      return report({ did: 'hear', heard: await heard });
    }
    case 'close':
      for (const reader of readers) reader.close();
      readers = [];
      return report({ did: 'close' });
  }
}

const report = (what: ReaderReport): void => void process.send!(what);

process.on('message', (order: Order) => void carryOut(order));
process.once('disconnect', () => process.exit());
process.send!('ready');
