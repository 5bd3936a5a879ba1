/** What the tools of the MCP server for tests really do, a line each, in the file that the server was given. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const [, ledger = '/dev/null'] = process.argv.slice(2);

export const note = (line: string): void => appendFileSync(ledger, `${line}\n`);

/** How often this line was noted, also by earlier processes. */
export const noted = (line: string): number =>
  existsSync(ledger)
    ? readFileSync(ledger, 'utf8')
        .split('\n')
        .filter((l) => l === line).length
    : 0;
