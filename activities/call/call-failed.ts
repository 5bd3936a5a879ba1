import type { Failure } from '../../contract/entry.ts';
import { storableText } from '../../contract/storable.ts';
import { inWords } from './thrown.ts';

/** A call cannot go on, and is not retried. The model gets the type and the message. */
export class CallFailed extends Error {
  override name = 'CallFailed';
  readonly type: string;

  /** @param type a stable word to branch on; @param message one sentence for a user or a model */
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** The failure that the model gets for whatever a tool threw. Never throws. */
export function toolFailure(error: unknown): Failure {
  try {
    return describe(error);
  } catch {
    return { type: 'ToolError', message: 'The tool threw something that cannot be described.' };
  }
}

function describe(error: unknown): Failure {
  if (error instanceof CallFailed) return { type: error.type, message: shorten(error.message) };
  if (error === undefined || error === null) {
    return {
      type: 'ToolError',
      message: `The tool threw ${error}, so the reason is unknown.`,
    };
  }
  return {
    type: storableText(typeOf(error).slice(0, LONGEST_TYPE)),
    message: shorten(inWords(error)),
  };
}

/** A word to branch on: the name of an error, or the code of another object. */
function typeOf(error: unknown): string {
  // A tool may have set any value.
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  const words = error instanceof Error || typeof error === 'function' ? [name] : [name, code];
  const word = words.find((each) => typeof each === 'string' && each !== '' && each !== 'Error');
  return typeof error === 'object' && typeof word === 'string' ? word : 'ToolError';
}

const LONGEST_TYPE = 100;

/** The end of a long message is the most informative: most programs write their reason last. */
function shorten(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, 200)} … ${text.slice(-LONGEST)}` : text;
  return storableText(short);
}

/** Characters. */
const LONGEST = 3_000;
