/** The fields of a form, from the schema of a question: an object of simple fields. */

export interface Field {
  name: string;
  label: string;
  hint?: string;
  kind: 'string' | 'number' | 'integer' | 'boolean' | 'list';
  /** Where one of some values has to be chosen. */
  options?: { value: string; label: string }[];
  isRequired: boolean;
  initial: string | boolean;
}

export type FormValues = Record<string, string | boolean>;

interface FieldSchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  enumNames?: unknown[];
  oneOf?: { const?: unknown; title?: string }[];
}

export function fieldsOf(schema: Record<string, unknown> | undefined): Field[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, FieldSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, field]) => {
    const kind = kindOf(field);
    const options = optionsOf(field);
    return {
      name,
      label: field.title ?? name,
      ...(field.description !== undefined && { hint: field.description }),
      kind,
      ...(options && { options }),
      isRequired: required.includes(name),
      initial: kind === 'boolean' ? field.default === true : inText(field.default),
    };
  });
}

const inText = (value: unknown) =>
  value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);

function kindOf({ type }: FieldSchema): Field['kind'] {
  if (type === 'array') return 'list';
  return type === 'number' || type === 'integer' || type === 'boolean' ? type : 'string';
}

function optionsOf(field: FieldSchema): Field['options'] {
  if (field.oneOf) {
    return field.oneOf.map((each) => ({
      value: String(each.const),
      label: each.title ?? String(each.const),
    }));
  }
  return field.enum?.map((value, nth) => ({
    value: String(value),
    label: String(field.enumNames?.[nth] ?? value),
  }));
}

/** What is left empty is left out: the service fills in defaults, and says what is missing. */
export function contentOf(fields: Field[], values: FormValues): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, kind, isRequired }) => {
      const value = values[name]!;
      if (typeof value === 'boolean') return [[name, value] as const];
      if (value === '' && !(kind === 'string' && isRequired)) return [];
      return [[name, valueOf(kind, value)] as const];
    }),
  );
}

function valueOf(kind: Field['kind'], text: string): unknown {
  if (kind === 'number' || kind === 'integer') return Number(text);
  if (kind !== 'list') return text;
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}
