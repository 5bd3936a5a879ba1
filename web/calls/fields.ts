/** The fields of a form, from the schema of a question: an object of simple fields. */

export interface Field {
  name: string;
  label: string;
  hint?: string;
  kind: 'string' | 'number' | 'integer' | 'boolean' | 'list';
  /** The values to choose from: one of them, or any number for a list. */
  options?: { value: string; label: string }[];
  /** Limits that the browser checks before anything is sent. The service checks the whole schema. */
  limits: FieldLimits;
  isRequired: boolean;
  initial: FormValue;
}

/** A union, since each type of an input has attributes of its own. */
export type FieldLimits = Bounds &
  ({ type: 'text' } | { type: 'number' } | { type: 'email' } | { type: 'date' });

interface Bounds {
  min?: number;
  max?: number;
  step?: number | 'any';
  minLength?: number;
  maxLength?: number;
}

/** The value of a field. For a list with options, the chosen values. */
export type FormValue = string | boolean | string[];
export type FormValues = Record<string, FormValue>;

interface FieldSchema extends Choices {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  items?: Choices;
}

interface Choices {
  enum?: unknown[];
  enumNames?: unknown[];
  oneOf?: Titled[];
  anyOf?: Titled[];
}

interface Titled {
  const?: unknown;
  title?: string;
}

export function fieldsOf(schema: Record<string, unknown> | undefined): Field[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, FieldSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, field]) => {
    const kind = kindOf(field);
    const options = optionsOf(kind === 'list' ? (field.items ?? {}) : field);
    return {
      name,
      label: field.title ?? name,
      ...(field.description !== undefined && { hint: field.description }),
      kind,
      ...(options && { options }),
      limits: limitsOf(kind, field),
      isRequired: required.includes(name),
      initial: initialOf(field.default, kind, options !== undefined),
    };
  });
}

function initialOf(value: unknown, kind: Field['kind'], hasOptions: boolean): FormValue {
  if (kind === 'boolean') return value === true;
  if (kind === 'list' && hasOptions) return Array.isArray(value) ? value.map(String) : [];
  return value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);
}

function kindOf({ type }: FieldSchema): Field['kind'] {
  if (type === 'array') return 'list';
  return type === 'number' || type === 'integer' || type === 'boolean' ? type : 'string';
}

function optionsOf(given: Choices): Field['options'] {
  const titled = given.oneOf ?? given.anyOf;
  if (titled) {
    return titled.map((each) => ({
      value: String(each.const),
      label: each.title ?? String(each.const),
    }));
  }
  return given.enum?.map((value, nth) => ({
    value: String(value),
    label: String(given.enumNames?.[nth] ?? value),
  }));
}

function limitsOf(kind: Field['kind'], field: FieldSchema): FieldLimits {
  const { minimum: min, maximum: max, minLength, maxLength, format } = field;
  if (kind === 'number' || kind === 'integer') {
    const range = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    return { type: 'number', step: kind === 'integer' ? 1 : 'any', ...range };
  }
  return {
    type: format === 'email' || format === 'date' ? format : 'text',
    ...(kind === 'string' && minLength !== undefined && { minLength }),
    ...(kind === 'string' && maxLength !== undefined && { maxLength }),
  };
}

/** Leaves out empty fields: the service fills in defaults, and says what is missing. */
export function contentOf(fields: Field[], values: FormValues): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, kind, isRequired }) => {
      const value = values[name]!;
      if (typeof value !== 'string') {
        const isEmpty = Array.isArray(value) && value.length === 0 && !isRequired;
        return isEmpty ? [] : [[name, value] as const];
      }
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
