/** A process that opens a store, parses many statements and prints the most memory, in bytes, that V8 has used besides its heaps. */
import { getHeapStatistics } from 'node:v8';
import { startPGlite } from '../../store/pglite-client.ts';

const STATEMENTS = 500;

const [folder] = process.argv.slice(2) as [string];
const pglite = await startPGlite({ folder });
for (let nth = 0; nth < STATEMENTS; nth += 1) await pglite.query(`select $1::int + ${nth}`, [1]);
await pglite.close();
console.log(getHeapStatistics().peak_malloced_memory);
