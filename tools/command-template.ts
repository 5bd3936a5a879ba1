/** The arguments of a command tool: templates with {field}. Each template makes exactly one argument. */

export type Arguments = (input: Record<string, unknown>) => [string, ...string[]];

export interface TemplateOptions {
  /** The fields of the input. */
  fields: readonly string[];
  /** Fields whose value may make an argument begin with `-`. */
  allow_dash: readonly string[];
}

/** A value of the input makes an argument that must not reach the program. */
export class ArgumentRefused extends Error {
  override name = 'InvalidInput';
}

/**
 * Compiles a program and its argument templates.
 * @throws Error for a template that could not work: a field as the program, an unknown field, a lone brace
 * @returns a function from the input to the command line, which throws ArgumentRefused for a value that cannot be one harmless argument
 */
export function compileCommand(
  [program, ...templates]: readonly [string, ...string[]],
  options: TemplateOptions,
): Arguments {
  const [file, ...rest] = parse(program, options.fields);
  if (file?.kind !== 'text' || rest.length > 0) {
    throw new Error(
      `The program must be a fixed text, not "${program}": an input must not choose what runs.`,
    );
  }
  const compiled = templates.map((template) => parse(template, options.fields));
  return (input) => [
    file.text,
    ...compiled.map((parts) => render(parts, input, options.allow_dash)),
  ];
}

/** Escapes a text for a template: braces stand for themselves. */
export function literal(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}

type Part = { kind: 'text'; text: string } | { kind: 'field'; name: string };

const TOKEN = /\{\{|\}\}|\{(?<field>\w+)\}|(?<lone>[{}])|[^{}]+/g;

function parse(template: string, fields: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (const [token, field, lone] of template.matchAll(TOKEN)) {
    if (lone)
      throw new Error(`"${template}" has a lone ${lone}: write {{ or }} for the character.`);
    if (field && !fields.includes(field)) {
      const known = fields.join(', ') || 'none';
      throw new Error(`"${template}" names the field ${field}; the input's are: ${known}.`);
    }
    if (field) parts.push({ kind: 'field', name: field });
    else
      parts.push({ kind: 'text', text: token.replace(/^(\{\{|\}\})$/, (pair) => pair.charAt(0)) });
  }
  return joinTexts(parts);
}

function joinTexts(parts: Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') last.text += part.text;
    else joined.push(part);
  }
  return joined;
}

function render(parts: Part[], input: Record<string, unknown>, allowDash: readonly string[]) {
  const argument = parts
    .map((part) => (part.kind === 'text' ? part.text : valueOf(part.name, input[part.name])))
    .join('');
  // A value must not turn into an option. A dash that the author wrote is intended.
  const [first] = parts;
  if (first?.kind === 'field' && argument.startsWith('-')) {
    const refused = parts.find((part) => part.kind === 'field' && !allowDash.includes(part.name));
    if (refused?.kind === 'field') {
      throw new ArgumentRefused(`${refused.name} must not begin with "-".`);
    }
  }
  return argument;
}

function valueOf(field: string, value: unknown): string {
  switch (typeof value) {
    case 'string':
      // The operating system would end the argument at a NUL.
      if (value.includes('\0')) throw new ArgumentRefused(`${field} must not contain NUL.`);
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      throw new ArgumentRefused(`${field} must be text, a number or a boolean.`);
  }
}
