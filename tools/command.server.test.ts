import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CommandTool, CommandFailed, defineCommandTool } from './command.ts';
import { literal } from './command-template.ts';
import { callContext } from '../test/kit/call-context.ts';
import type { CallYield } from './define.ts';
import { identify } from './process-identity.ts';

const node = literal(process.execPath);
/** A tool that runs a script, with the text of the input as its argument. */
function scripted(script: string, more: Partial<CommandTool<{ text: z.ZodString }>> = {}) {
  return defineCommandTool({
    name: 'scripted',
    description: 'Runs a script.',
    input: z.object({ text: z.string() }),
    command: [node, '-e', literal(script), '--', '{text}'],
    ...more,
  });
}

type Scripted = ReturnType<typeof scripted>;
const start = (tool: Scripted, text = '', signal?: AbortSignal) =>
  tool.run({ text }, callContext(signal && { signal })) as AsyncGenerator<CallYield, unknown, void>;

async function finish(tool: Scripted, text?: string) {
  const steps: CallYield[] = [];
  const run = start(tool, text);
  for (;;) {
    const next = await run.next();
    if (next.done) return { steps, result: next.value as { exit_code: number; output: string } };
    steps.push(next.value);
  }
}

/** The process ids that a script prints, as progress notes. */
const pids = { progress: (line: string) => ({ percent: 0, note: line }) };
const noteOf = ({ value }: IteratorResult<CallYield, unknown>) => (value as { note: string }).note;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('an argument of the program', () => {
  test.each([
    '; rm -rf /',
    '$(touch /tmp/x)',
    '`id`',
    'two\nlines',
    `"quotes" and 'more'`,
    '| && > < * ? ~ # !',
    '\\ \\\\',
    '%PATH% ${PATH}',
    ' padded ',
    'größe 🎉 \u202e',
    '{text}',
    '',
  ])('reaches it unchanged: %j', async (text) => {
    const tool = scripted('process.stdout.write(JSON.stringify(process.argv.slice(1)))');
    const { result } = await finish(tool, text);
    expect(JSON.parse(result.output)).toEqual([text]);
  });

  test('never reaches it if it would be an option', async () => {
    await expect(finish(scripted(''), '--eval')).rejects.toThrow('text must not begin with "-".');
  });

  test('cannot choose the program', () => {
    expect(() => scripted('', { command: ['{text}'] })).toThrow(/must be a fixed text/);
  });
});

describe('the environment of the program', () => {
  const names = 'process.stdout.write(Object.keys(process.env).sort().join())';
  afterEach(() => {
    delete process.env.OPENAI_API_KEY;
    delete process.env.WANTED;
  });

  test('has no secrets of the service', async () => {
    process.env.OPENAI_API_KEY = 'secret';
    const { result } = await finish(scripted(names));
    const own = ['MEANWHILE_CALL_ID', 'MEANWHILE_IDEMPOTENCY_KEY', 'MEANWHILE_SPOOL'];
    const allowed = ['HOME', 'LANG', 'PATH', 'TMPDIR', ...own];
    expect(result.output.split(',').filter((name) => !allowed.includes(name))).toEqual([]);
    expect(result.output).toContain('PATH');
  });

  test('has the name and the key of the call', async () => {
    const { MEANWHILE_CALL_ID: id, MEANWHILE_IDEMPOTENCY_KEY: key } = {
      MEANWHILE_CALL_ID: 'process.env.MEANWHILE_CALL_ID',
      MEANWHILE_IDEMPOTENCY_KEY: 'process.env.MEANWHILE_IDEMPOTENCY_KEY',
    };
    const tool = scripted(`process.stdout.write([${id}, ${key}].join(' '))`);
    expect((await finish(tool)).result.output).toBe('call_1 meanwhile/default/call_1');
  });

  test('has the variables that the tool names, if they are set', async () => {
    process.env.WANTED = 'here';
    const tool = scripted('process.stdout.write(`${process.env.WANTED} ${process.env.MISSING}`)', {
      env: ['WANTED', 'MISSING'],
    });
    expect((await finish(tool)).result.output).toBe('here undefined');
  });
});

describe('the end of the program', () => {
  test('with code 0 returns its output', async () => {
    const { result } = await finish(scripted('console.log("out"); console.error("err")'));
    expect(result.exit_code).toBe(0);
    expect(result.output.split('\n').sort()).toEqual(['err', 'out']);
  });

  test('with code 0 returns what the tool parses from its output', async () => {
    const tool = scripted('console.log("42")', {
      result: ({ output, input }) => ({ answer: Number(output), to: input.text }),
    });
    expect((await finish(tool, 'all')).result).toEqual({ answer: 42, to: 'all' });
  });

  test('with another code fails the call with the end of its output', async () => {
    const failing = finish(scripted('console.error("no disk"); process.exit(3)'));
    await expect(failing).rejects.toThrow(CommandFailed);
    await expect(failing).rejects.toThrow(/exited with code 3\. Its output ended with:\nno disk$/);
  });

  test('by a signal fails the call with the name of the signal', async () => {
    const failing = finish(scripted('process.kill(process.pid, "SIGKILL")'));
    await expect(failing).rejects.toThrow(/was ended by SIGKILL/);
  });

  test.each([
    [['/no/such/program'], /could not be started: spawn \/no\/such\/program ENOENT/],
    [['/'], /could not be started: spawn \/ EACCES/],
  ] as [[string], RegExp][])(
    'of %j, which cannot start, is a readable failure',
    async (command, why) => {
      const failing = finish(scripted('', { command }));
      await expect(failing).rejects.toThrow(CommandFailed);
      await expect(failing).rejects.toThrow(why);
    },
  );

  test('stops the processes that it left running', async () => {
    const leaving = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });
      console.log(child.pid); process.exit(0);`;
    const { result } = await finish(scripted(leaving));
    expect(isAlive(Number(result.output))).toBe(false);
  });

  const leaving = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit', detached: true });
    child.unref(); console.log(child.pid); process.exit(0);`;

  test('stops a process that left its group and holds the output, without waiting for it', async () => {
    const { result } = await finish(scripted(leaving));
    expect(result).toMatchObject({ exit_code: 0, stopped_processes: 1 });
    expect(await identify(Number(result.output))).toBeUndefined();
  });

  test('leaves a daemon running if the tool allows it', async () => {
    const { result } = await finish(scripted(leaving, { daemons: 'allow' }));
    const daemon = Number(result.output);
    expect(result).toEqual({ exit_code: 0, output: expect.any(String) });
    expect(await identify(daemon)).toBeDefined();
    process.kill(daemon, 'SIGKILL');
  });

  test('in a failure stops a daemon even then', async () => {
    const failing = leaving.replace('exit(0)', 'exit(1)');
    const run = finish(scripted(failing, { daemons: 'allow' }));
    const error = await run.catch((error: Error) => error.message);
    expect(await identify(Number(/\d+$/.exec(String(error))![0]))).toBeUndefined();
  });
});

describe('the output of the program', () => {
  test('becomes progress if the tool parses it as such', async () => {
    const tool = scripted('console.log("start\\n 10% a\\n 20% b\\nend")', {
      progress: (line) => {
        const [, percent, note] = /(\d+)% (.*)/.exec(line) ?? [];
        return percent === undefined ? undefined : { percent: Number(percent), note };
      },
    });
    expect((await finish(tool)).steps).toEqual([
      { type: 'progress', percent: 10, note: 'a', checkpoint: { offset: 13 } },
      { type: 'progress', percent: 20, note: 'b', checkpoint: { offset: 20 } },
    ]);
  });

  test('is truncated, however much there is', async () => {
    const { result } = await finish(
      scripted('for (let i = 0; i < 200000; i++) console.log("line " + i)'),
    );
    expect(result.output.length).toBeLessThan(13_000);
    expect(result.output).toMatch(/^line 0\n[^]*… \d+ lines left out …[^]*line 199999$/);
  });
});

describe('a cancelled call', () => {
  test('ends the program and its children', async () => {
    const family = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'inherit' });
      console.log(process.pid + ' ' + child.pid); setInterval(() => {}, 1e6);`;
    const cancel = new AbortController();
    const run = start(scripted(family, pids), '', cancel.signal);
    const [parent, child] = noteOf(await run.next())
      .split(' ')
      .map(Number);
    expect([isAlive(parent!), isAlive(child!)]).toEqual([true, true]);
    cancel.abort(new Error('cancelled'));
    await expect(run.next()).rejects.toThrow('cancelled');
    expect([isAlive(parent!), isAlive(child!)]).toEqual([false, false]);
  });

  test('kills a program that ignores SIGTERM', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1e6);`;
    const cancel = new AbortController();
    const run = start(scripted(stubborn, { ...pids, grace_ms: 50 }), '', cancel.signal);
    const pid = Number(noteOf(await run.next()));
    cancel.abort(new Error('cancelled'));
    await expect(run.next()).rejects.toThrow('cancelled');
    expect(isAlive(pid)).toBe(false);
  });

  test('lets a program finish its last output, even if nothing reads it', async () => {
    const chatty = "trap 'yes bye | head -n 300000; exit' TERM; echo $$; while :; do sleep 1; done";
    const command = ['/bin/sh', '-c', literal(chatty)] as const;
    const run = start(scripted('', { ...pids, command, grace_ms: 600_000 }));
    const pid = Number(noteOf(await run.next()));
    await run.return(undefined);
    expect(isAlive(pid)).toBe(false);
  });

  test('ends the program when its results are no longer wanted', async () => {
    const run = start(scripted('console.log(process.pid); setInterval(() => {}, 1e6)', pids));
    const pid = Number(noteOf(await run.next()));
    await run.return(undefined);
    expect(isAlive(pid)).toBe(false);
  });

  test('that was cancelled before it began leaves no program behind', async () => {
    const run = start(
      scripted('setInterval(() => {}, 1e6)'),
      '',
      AbortSignal.abort(new Error('early')),
    );
    await expect(run.next()).rejects.toThrow('early');
  });
});

test('a command tool reports progress only if it can parse it, and by default is not started twice', () => {
  expect(scripted('')).toMatchObject({ progress: false, restart: 'reattach' });
  expect(scripted('', pids)).toMatchObject({ progress: true });
});
