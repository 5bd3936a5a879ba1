import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { defineCommandTool } from '../command.ts';
import { literal } from '../command-template.ts';
import type { LocalTool } from '../define.ts';
import type { ToolSettings } from '../load.ts';

/** Installs packages below `home`. The folder is an argument, since the installer gets none of the service's environment. */
export default ({ home }: ToolSettings): LocalTool =>
  defineCommandTool({
    name: 'run_installer',
    description: 'Installs a package on the build host. Takes a few seconds to half a minute.',
    input: z.object({
      package: z.string().min(1).max(100).describe('Name of the package: alpha, beta or gamma.'),
    }),
    command: [
      literal(process.execPath),
      literal(INSTALLER),
      literal(join(home, 'packages')),
      '{package}',
    ],
    progress: readProgress,
    result: ({ output, input }) => ({
      installed: input.package,
      summary: output.split('\n').at(-1),
    }),
    restart: 'reattach',
    timeout_ms: 10 * 60_000,
  });

const INSTALLER = fileURLToPath(new URL('../installer/start.js', import.meta.url));

/** Reads lines such as `[ 25%] lib/file-10.js (10 of 40) sha256 ok`. */
function readProgress(line: string) {
  const { percent, note } = /^\[ *(?<percent>\d+)%\] (?<note>.+)$/.exec(line)?.groups ?? {};
  return percent === undefined ? undefined : { percent: Number(percent), note };
}
