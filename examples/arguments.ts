import { parseArgs } from 'node:util';

export type DemoCommand =
  | { kind: 'help' }
  /** `message` is one sentence. */
  | { kind: 'wrong'; message: string }
  | ({ kind: 'play'; name: string } & Options);

interface Options {
  /** The service keeps running until it is stopped. */
  stay: boolean;
  /** Prints only the last line, which is JSON. */
  json: boolean;
  /** How long the model may take for one step. */
  patience_ms: number;
}

/**
 * @param given the arguments after the program's name
 * @param names of the examples; the first is the default
 */
export function readArguments(given: string[], names: readonly string[]): DemoCommand {
  try {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: {
        stay: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        patience: { type: 'string', default: '60' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const [name = names[0]!, ...rest] = positionals;
    if (rest.length > 0) throw new Error(`Unexpected argument "${rest.join(' ')}".`);
    if (!names.includes(name))
      throw new Error(`There is no example "${name}", only: ${names.join(', ')}.`);
    const patience = Number(values.patience);
    if (!Number.isInteger(patience) || patience < 1) {
      throw new Error(`--patience must be a whole number of seconds, not "${values.patience}".`);
    }
    if (name === names[0] && (values.stay || values.json)) {
      throw new Error(
        `--stay and --json are for the other examples: ${names.slice(1).join(', ')}.`,
      );
    }
    const { stay, json } = values;
    return { kind: 'play', name, stay, json, patience_ms: 1_000 * patience };
  } catch (error) {
    // The parser's messages, and ours, are whole sentences for the user.
    return { kind: 'wrong', message: (error as Error).message };
  }
}
