/** Command tools: a program with an argument template, no shell, and a rule that reads progress from its output. */
import { z } from 'zod';
import { compileCommand } from './command-template.ts';
import type { ToolBase } from './base.ts';
import type { CallContext, CallYield, LocalTool } from './define.ts';
import { attach, stopKept } from './keeper/attach.ts';
import { freshFolder } from './keeper/attempts.ts';
import { environment } from './keeper/environment.ts';
import type { ProgramExit } from './keeper/spool.ts';
import { createOutputEnds } from './output-ends.ts';

/** Every field of a tool except `progress`, which is a function here, and the fields that a program needs. */
export interface CommandTool<Shape extends z.ZodRawShape> extends Omit<
  ToolBase,
  'input' | 'progress'
> {
  input: z.ZodObject<Shape>;
  /**
   * The program, then its arguments. `{field}` stands for a field of the input, `{{` and `}}` for braces. Each argument stays one
   * argument whatever the value is, and nothing interprets it. An argument that would begin with `-` because of a value is
   * refused.
   */
  command: readonly [string, ...string[]];
  /** Fields whose value may begin with `-`, for programs that take it as it is (say, after a `--`). */
  allow_dash?: readonly Extract<keyof Shape, string>[];
  /**
   * Names of environment variables the program may see in addition to PATH, HOME, LANG and TMPDIR. It also gets
   * MEANWHILE_CALL_ID, the call's id in the log; MEANWHILE_IDEMPOTENCY_KEY, for services that take one (`idempotency_key` of a
   * CallContext); and MEANWHILE_SPOOL, which identifies the processes of the call.
   */
  env?: readonly string[];
  /** The progress (0–100), if this line of stdout or stderr reports it. */
  progress?(line: string): { percent: number; note?: string } | undefined;
  /**
   * What the call returns when the program exits with 0. Default: `{ exit_code, output }`, and `stopped_processes` if there were
   * any.
   */
  result?(end: CommandEnd<z.infer<z.ZodObject<Shape>>>): unknown;
  /**
   * Default `reattach`: the program keeps running when the service is stopped or killed, and the next worker on this host continues to
   * read it. `resume` starts it again from the beginning, which only its author can declare harmless.
   */
  restart?: LocalTool['restart'];
  /**
   * How processes are handled that the program deliberately left behind, in a session of their own, when it exits with 0: `stop`
   * (default) ends them and says so in the result and in the service's output; `allow` leaves them alone. After any other end of
   * the call they are stopped. They are found on Linux only.
   */
  daemons?: 'stop' | 'allow';
  /** Time between SIGTERM and SIGKILL when the call is cancelled. Default: 5 seconds. */
  grace_ms?: number;
}

export interface CommandEnd<Input> {
  exit_code: number;
  /** The beginning and the end of its output, at most about 12,000 characters. */
  output: string;
  /** How many processes were stopped that the program had left behind. Absent when there were none. */
  stopped_processes?: number;
  input: Input;
}

/** The program could not be started or did not exit with 0. */
export class CommandFailed extends Error {
  override name = 'CommandFailed';
}

/**
 * Declares a tool that runs a program.
 * @throws Error for a command that could not work, such as a field in the place of the program
 */
export function defineCommandTool<Shape extends z.ZodRawShape>(
  definition: CommandTool<Shape>,
): LocalTool<z.infer<z.ZodObject<Shape>>> {
  // The rest are fields of every tool, or a mistake that the check at startup reports.
  const {
    command,
    allow_dash = [],
    env,
    progress,
    result,
    daemons,
    grace_ms,
    ...tool
  } = definition;
  checkProgram({ allow_dash, env, progress, result, daemons, grace_ms }, tool);
  const { restart = 'reattach' } = tool;
  const argumentsFor = compileCommand(command, {
    fields: Object.keys(tool.input.shape),
    allow_dash,
  });
  const program = { name: tool.name, env, progress, result, daemons, grace_ms };
  return {
    ...tool,
    restart,
    keeps: true,
    progress: progress !== undefined,
    async *run(values, call) {
      const argv = argumentsFor(values);
      call.signal.throwIfAborted();
      const own = await call.folder();
      // With `resume`, a worker that was replaced must not find the new program.
      const folder = restart === 'reattach' ? own : await freshFolder(own);
      const goesOn = () => restart === 'reattach' && call.handsOver;
      let isOver = false;
      try {
        const returned = yield* follow(program, { argv, values, call, folder });
        isOver = true;
        return returned;
      } finally {
        if (!isOver && !goesOn()) await stopKept(folder);
      }
    },
  };
}

const ofProgram = z.object({
  allow_dash: z.array(z.string()),
  env: z.array(z.string()).optional(),
  progress: z.custom(isFunction, 'must be a function that takes a line').optional(),
  result: z.custom(isFunction, 'must be a function that takes how the program ended').optional(),
  daemons: z.enum(['stop', 'allow']).optional(),
  grace_ms: z.number().min(0).optional(),
} satisfies Record<
  keyof Omit<CommandTool<any>, keyof ToolBase | 'command' | 'restart'> | 'progress',
  z.ZodType
>);

/** Checks the fields that only command tools have; the others are checked with every tool's, at startup. */
function checkProgram(own: object, { input }: { input: unknown }): void {
  if (!(input instanceof z.ZodObject)) throw new Error('input: must be z.object({ … }).');
  const { error } = ofProgram.safeParse(own);
  const issue = error?.issues[0];
  if (issue) throw new Error(`${issue.path.join('.')}: ${issue.message}.`);
}

function isFunction(given: unknown): boolean {
  return typeof given === 'function';
}

type Program<Shape extends z.ZodRawShape> = Pick<
  CommandTool<Shape>,
  'name' | 'env' | 'progress' | 'result' | 'daemons' | 'grace_ms'
>;

/** Every attempt reads from the beginning, since all output is returned; what was reported is not yielded again. */
async function* follow<Shape extends z.ZodRawShape>(
  { name, env = [], grace_ms = 5_000, daemons = 'stop', progress, result }: Program<Shape>,
  run: {
    argv: [string, ...string[]];
    values: z.infer<z.ZodObject<Shape>>;
    call: CallContext;
    folder: string;
  },
): AsyncGenerator<CallYield, unknown, void> {
  const { argv, values, call, folder } = run;
  const told = readOffset(call.checkpoint);
  const label = `${name} (${call.id})`;
  const command = { label, argv, grace_ms, max_bytes: call.maxOutputBytes };
  const variables = {
    ...environment(env),
    MEANWHILE_CALL_ID: call.id,
    MEANWHILE_IDEMPOTENCY_KEY: call.idempotency_key,
  };
  const program = await attach(folder, command, variables, call.signal);
  const output = createOutputEnds();
  for await (const { text, offset } of program.lines) {
    output.add(text);
    const step = offset > told ? progress?.(text) : undefined;
    if (step) yield call.progress(step.percent, step.note, { checkpoint: { offset } });
  }
  call.signal.throwIfAborted();
  const end = await program.ended();
  if (end.type === 'failed') throw notKept(end, argv[0]);
  const exit_code = exitCode(end, argv[0], output.tail());
  const stopped_processes = daemons === 'allow' ? 0 : await stopKept(folder);
  if (stopped_processes > 0) {
    console.warn(`${label} left ${stopped_processes} processes behind, which were stopped.`);
  }
  const returned = {
    exit_code,
    output: output.text(),
    ...(stopped_processes > 0 && { stopped_processes }),
  };
  return result ? result({ ...returned, input: values }) : returned;
}

/** @throws Error for a checkpoint that was not written by a command tool */
function readOffset(checkpoint: unknown): number {
  if (checkpoint === undefined) return 0;
  return z.object({ offset: z.int().min(0) }).parse(checkpoint).offset;
}

function notKept({ error, message }: ProgramExit & { type: 'failed' }, program: string): Error {
  if (error === 'NotStarted') {
    return new CommandFailed(`${program} could not be started: ${message}`);
  }
  const failure = new Error(
    `The disk is full, so ${program} was stopped: its output could not be kept. ${message}`,
  );
  failure.name = error;
  return failure;
}

function exitCode(
  end: Exclude<ProgramExit, { type: 'failed' }>,
  program: string,
  tail: string,
): number {
  if (end.type === 'exited' && end.code === 0) return end.code;
  const how = end.type === 'exited' ? `exited with code ${end.code}` : `was ended by ${end.signal}`;
  throw new CommandFailed(`${program} ${how}. Its output ended with:\n${tail.slice(-SHOWN_CHARS)}`);
}

/** How much of the end of the output an error shows: enough for a model to see the reason. */
const SHOWN_CHARS = 2_000;
