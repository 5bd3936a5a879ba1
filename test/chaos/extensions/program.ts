/**
 * The program of the tool `steps`: it does one real thing after another and says so. It looks at nothing that was done
 * before: if it is started twice for one call, the ledger has its lines twice.
 * Arguments: ledger, key, how many steps, milliseconds before each.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [ledger = '', key = '', count = '', pause_ms = ''] = process.argv.slice(2);

for (let step = 1; step <= Number(count); step += 1) {
  await sleep(Number(pause_ms));
  const file = openSync(ledger, 'a');
  const call_id = process.env.MEANWHILE_CALL_ID;
  const effect = `step ${step}`;
  const line = { call_id, key, tool: 'steps', effect, pid: process.pid, at: Date.now() };
  writeSync(file, `${JSON.stringify(line)}\n`);
  fsyncSync(file);
  closeSync(file);
  console.log(`${Math.round((100 * step) / Number(count))}% step ${step}`);
}
