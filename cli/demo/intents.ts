/** Reads what a user's sentence asks for, by fixed patterns. */

export type Intent =
  | { kind: 'cancel'; packages: string[] }
  | { kind: 'install'; packages: string[]; report?: string; instead: boolean }
  | { kind: 'pay'; to: string; amount: number }
  | { kind: 'report'; report: string }
  | { kind: 'progress' }
  | { kind: 'signal' }
  | { kind: 'greeting' }
  | { kind: 'help' }
  | { kind: 'unknown' };

/** At least one, in the order in which they are to be carried out. */
export function readIntents(sentence: string): [Intent, ...Intent[]] {
  const text = sentence.toLowerCase();
  const intents: Intent[] = [];
  const installs = packagesAfter(text, /\binstall\s+(?:the\s+)?(?:packages?\s+)?/g);
  const runs = /\b(?:run|start|launch) (?:the )?installer\b/.test(text)
    ? [/\binstaller (?:for|of|on) ([a-z0-9][\w-]*)/.exec(text)?.[1] ?? DEFAULT_PACKAGE]
    : [];
  const packages = [...new Set([...installs, ...runs])];
  const instead = /\binstead\b/.test(text);

  if (/\b(?:cancel|stop|abort)\b/.test(text) || (instead && packages.length > 0)) {
    const named = packagesAfter(
      text,
      /\b(?:cancel|stop|abort)\s+(?:the\s+)?(?:installer\s+(?:for|of)\s+)?/g,
    );
    intents.push({ kind: 'cancel', packages: named });
  }
  const report = readReport(text);
  if (packages.length > 0) intents.push({ kind: 'install', packages, report, instead });
  else if (report) intents.push({ kind: 'report', report });
  const pay = /\b(?:pay|send) (\d+(?:\.\d+)?) to ([a-z][\w-]*)/.exec(text);
  if (pay) intents.push({ kind: 'pay', amount: Number(pay[1]), to: pay[2]! });
  if (/\bhow far\b|\bprogress\?|\bstatus\b|\bhow is it going\b/.test(text)) {
    intents.push({ kind: 'progress' });
  }
  if (/\bsignals?\b/.test(text)) intents.push({ kind: 'signal' });
  const [first, ...rest] = intents;
  if (first) return [first, ...rest];
  if (/\bhelp\b|\bwhat can you do\b/.test(text)) return [{ kind: 'help' }];
  return [{ kind: /^\s*(?:hi|hello|hey|good \w+)\b/.test(text) ? 'greeting' : 'unknown' }];
}

const DEFAULT_PACKAGE = 'alpha';

/** "alpha", "alpha and beta", "alpha, beta and gamma"; a word that begins something else is not a package. */
function packagesAfter(text: string, verb: RegExp): string[] {
  return [...text.matchAll(verb)].flatMap(({ 0: said, index }) => {
    const rest = text.slice(index + said.length);
    const [first = '', ...others] = rest.split(/\s*,\s*(?:and\s+)?|\s+and\s+/);
    const name = /^[a-z0-9][\w-]*/.exec(first)?.[0];
    if (!name || NOT_A_PACKAGE.has(name)) return [];
    // "install alpha every minute, beta" is not a list: a list ends with the first name that is followed by other words.
    const whole = isName(first) ? others : [];
    const end = whole.findIndex((part) => !isName(part));
    return [name, ...(end === -1 ? whole : lastOfList(whole, end))].map(bare);
  });
}

/** The part at `end` may begin with a last name: "… and beta instead". */
function lastOfList(parts: string[], end: number): string[] {
  const last = /^([a-z0-9][\w-]*)\s+(?:every|only|instead|please|now)\b/.exec(parts[end]!)?.[1];
  return last && !NOT_A_PACKAGE.has(last) ? [...parts.slice(0, end), last] : parts.slice(0, end);
}

const bare = (name: string) => name.replace(/[.;:!?]+$/, '');

const isName = (part: string) =>
  /^[a-z0-9][\w-]*[.;:!?]*$/.test(part) && !NOT_A_PACKAGE.has(bare(part));

const NOT_A_PACKAGE = new Set(
  'it that this them all everything the a an and for please now again instead installer installation install run tell update report then'.split(
    ' ',
  ),
);

function readReport(text: string): string | undefined {
  const percent = /\b(?:every|each)\s+(\d+)\s*(?:%|percent\b)/.exec(text)?.[1];
  if (percent) return `every ${percent} percent`;
  const time = /\b(?:every|each)\s+(?:(\d+)\s+)?(second|minute|hour)s?\b/.exec(text);
  if (time) return time[1] ? `every ${time[1]} ${time[2]}s` : `every ${time[2]}`;
  if (
    /\bonly (?:at )?the end\b|\bat the end\b|\bwhen it(?: is|'s) (?:done|ready|finished)\b/.test(
      text,
    )
  ) {
    return 'only the end';
  }
  return undefined;
}
