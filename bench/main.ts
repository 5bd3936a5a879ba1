/** `npm run bench -- NAME`: each bench ends with one line of JSON that holds its figures. */
import { turn } from './turn.ts';

const benches: Record<string, (args: string[]) => Promise<object>> = { turn };

const [name = 'turn', ...args] = process.argv.slice(2);
const bench = benches[name];
if (!bench || args.includes('--help')) {
  console.log(`npm run bench -- [${Object.keys(benches).join('|')}] [--turns N]`);
  process.exit(bench ? 0 : 2);
}
console.log(JSON.stringify(await bench(args)));
