import type { Failure } from '../contract/entry.ts';
import { storableText } from '../contract/storable.ts';

/** A call that cannot go on, with what the model is told of it. It is not tried again. */
export class CallFailed extends Error {
  override name = 'CallFailed';
  readonly type: string;

  /** @param type a stable word to branch on; @param message one sentence for a person or a model */
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** What the model is told of whatever a tool threw. Never throws, whatever that is. */
export function toolFailure(error: unknown): Failure {
  try {
    return describe(error);
  } catch {
    return { type: 'ToolError', message: 'The tool threw what cannot be put into words.' };
  }
}

function describe(error: unknown): Failure {
  if (error instanceof CallFailed) return { type: error.type, message: shorten(error.message) };
  if (!(error instanceof Error)) return { type: 'ToolError', message: shorten(error) };
  // Words by their types only: a tool may have set anything.
  const { name, message } = error as { name: unknown; message: unknown };
  const type = name === 'Error' || name === '' ? 'ToolError' : name;
  return { type: shorten(type), message: shorten(message) };
}

/** The end of a long message says most: programs write their reason last. */
function shorten(words: unknown): string {
  const text = String(words);
  const short = text.length > LONGEST ? `${text.slice(0, 200)} … ${text.slice(-LONGEST)}` : text;
  return storableText(short);
}

/** Characters. */
const LONGEST = 3_000;
