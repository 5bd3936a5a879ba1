/** Command tools: a program with an argument template, no shell, and a rule that reads progress from its output. */
import type { z } from 'zod';
import { compileCommand } from './command-template.ts';
import type { Tool } from './define.ts';
import { createOutputEnds } from './output-ends.ts';
import { type ProgramEnd, startProgram } from './program.ts';

export interface CommandTool<Shape extends z.ZodRawShape> {
  name: string;
  description: string;
  input: z.ZodObject<Shape>;
  /**
   * The program, then its arguments. `{field}` stands for a field of the input, `{{` and `}}` for braces. Each argument stays
   * one argument whatever the value is, and nothing interprets it. An argument that would begin with `-` because
   * of a value is refused.
   */
  command: readonly [string, ...string[]];
  /** Fields whose value may begin with `-`, for programs that take it as it is (say, after a `--`). */
  allow_dash?: readonly Extract<keyof Shape, string>[];
  /** Names of environment variables the program may see. Default: only PATH, HOME, LANG and TMPDIR. */
  env?: readonly string[];
  /** How far it is (0–100), where this line of stdout or stderr says so. */
  progress?(line: string): { percent: number; note?: string } | undefined;
  /** What the call returns when the program exits with 0. Default: `{ exit_code, output }`. */
  result?(end: CommandEnd<z.infer<z.ZodObject<Shape>>>): unknown;
  /** See Tool. */
  report?: string;
  timeout_ms?: number;
  /** Default `fail`: `resume` starts the program again from the beginning, which only its author can call harmless. */
  restart?: Tool['restart'];
  /** Between SIGTERM and SIGKILL when the call is cancelled. Default: 5 seconds. */
  grace_ms?: number;
}

export interface CommandEnd<Input> {
  exit_code: number;
  /** Beginning and end of what it wrote, at most about 12,000 characters. */
  output: string;
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
): Tool<z.infer<z.ZodObject<Shape>>> {
  const { name, description, input, report, timeout_ms, restart = 'fail' } = definition;
  const argumentsFor = compileCommand(definition.command, {
    fields: Object.keys(input.shape),
    allow_dash: definition.allow_dash ?? [],
  });
  return {
    name,
    description,
    input,
    report,
    timeout_ms,
    restart,
    progress: definition.progress !== undefined,
    async *run(values, call) {
      const argv = argumentsFor(values);
      const program = await startProgram({
        argv,
        env: definition.env ?? [],
        signal: call.signal,
        grace_ms: definition.grace_ms ?? 5_000,
      }).catch((error: Error) => {
        throw new CommandFailed(`${argv[0]} could not be started: ${error.message}`);
      });
      try {
        const output = createOutputEnds();
        for await (const line of program.lines) {
          output.add(line);
          const step = definition.progress?.(line);
          if (step) yield call.progress(step.percent, step.note);
        }
        const end = await program.ended;
        call.signal.throwIfAborted();
        const exit_code = exitCode(end, argv[0], output.tail());
        const result = { exit_code, output: output.text() };
        return definition.result ? definition.result({ ...result, input: values }) : result;
      } finally {
        await program.close();
      }
    },
  };
}

function exitCode(end: ProgramEnd, program: string, tail: string): number {
  if (end.type === 'exited' && end.code === 0) return end.code;
  const how = end.type === 'exited' ? `exited with code ${end.code}` : `was ended by ${end.signal}`;
  throw new CommandFailed(`${program} ${how}. Its last words:\n${tail.slice(-LAST_WORDS)}`);
}

/** Characters: what a model needs to see why. */
const LAST_WORDS = 2_000;
