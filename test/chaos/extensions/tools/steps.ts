import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineCommandTool, literal, z } from 'meanwhile';

/** A program with side effects, which must not be started twice. */
export default ({ home }: { home: string }) =>
  defineCommandTool({
    name: 'steps',
    description: 'Does a number of steps, with a pause before each.',
    input: z.object({
      key: z.string(),
      count: z.int().min(1).max(100),
      pause_ms: z.int().min(0).max(60_000),
    }),
    command: [
      literal(process.execPath),
      literal(fileURLToPath(new URL('../program.ts', import.meta.url))),
      literal(join(home, 'ledger.jsonl')),
      '{key}',
      '{count}',
      '{pause_ms}',
    ],
    progress(line) {
      const [, percent, note] = /^(\d+)% (.+)$/.exec(line) ?? [];
      return percent === undefined ? undefined : { percent: Number(percent), note };
    },
    restart: 'reattach',
  });
