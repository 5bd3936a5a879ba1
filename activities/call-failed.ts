import type { Failure } from '../contract/entry.ts';

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

/** What the model is told of whatever a tool threw. */
export function toolFailure(error: unknown): Failure {
  if (error instanceof CallFailed) return { type: error.type, message: shorten(error.message) };
  if (!(error instanceof Error)) return { type: 'ToolError', message: shorten(String(error)) };
  const type = error.name === 'Error' || error.name === '' ? 'ToolError' : error.name;
  return { type: shorten(type), message: shorten(error.message) };
}

/** The end of a long message says most: programs write their reason last. NUL cannot be stored. */
function shorten(text: string): string {
  const clean = text.replaceAll('\0', '\uFFFD').toWellFormed();
  return clean.length > LONGEST ? `${clean.slice(0, 200)} … ${clean.slice(-LONGEST)}` : clean;
}

/** Characters. */
const LONGEST = 3_000;
