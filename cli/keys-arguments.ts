/** The command line of `meanwhile keys`. */
import { z } from 'zod';
import { createKeyBody, keyId, rotateKeyBody, tenantName } from '../contract/access.ts';

export type KeysTask =
  | ({ kind: 'keys'; action: 'create' } & z.output<typeof createKeyBody>)
  | { kind: 'keys'; action: 'list'; tenant?: string }
  | { kind: 'keys'; action: 'rotate'; id: string; overlap_s: number }
  | { kind: 'keys'; action: 'revoke'; id: string };

export const KEY_OPTIONS = {
  tenant: { type: 'string' },
  name: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  overlap: { type: 'string' },
  test: { type: 'boolean' },
} as const;

export type KeyValues = { [Name in keyof typeof KEY_OPTIONS]?: string | boolean | undefined };

/** @throws Error whose message is one sentence for the user */
export function readKeys([action, ...rest]: string[], values: KeyValues): KeysTask {
  const { tenant, name, scopes, test, expires, overlap } = values;
  const allowOnly = (...names: (keyof KeyValues)[]) => {
    const unexpected = Object.keys(values).find((each) => !names.includes(each as keyof KeyValues));
    if (unexpected !== undefined) throw new Error(`Unexpected option --${unexpected}.`);
  };
  switch (action) {
    case 'create':
      allowOnly('tenant', 'name', 'scopes', 'test', 'expires');
      noMore(rest);
      return {
        kind: 'keys',
        action,
        ...parse(createKeyBody, {
          name,
          tenant,
          test,
          scopes: typeof scopes === 'string' ? scopes.split(',').filter(Boolean) : undefined,
          expires_in_s: secondsOf('expires', expires),
        }),
      };
    case 'list':
      allowOnly('tenant');
      noMore(rest);
      return {
        kind: 'keys',
        action,
        ...parse(z.object({ tenant: tenantName.optional() }), { tenant }),
      };
    case 'rotate':
      allowOnly('overlap');
      return {
        kind: 'keys',
        action,
        id: idOf(rest),
        ...parse(rotateKeyBody, { overlap_s: secondsOf('overlap', overlap) }),
      };
    case 'revoke':
      allowOnly();
      return { kind: 'keys', action, id: idOf(rest) };
    default:
      throw new Error(
        `${action === undefined ? 'Missing action' : `Unknown action "${action}"`}: keys create, list, rotate or revoke.`,
      );
  }
}

function idOf([id, ...rest]: string[]): string {
  if (id === undefined) throw new Error('Missing key id.');
  noMore(rest);
  return parse(z.object({ id: keyId }), { id }).id;
}

function noMore(rest: string[]): void {
  if (rest.length > 0) throw new Error(`Unexpected argument "${rest.join(' ')}".`);
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Reads 30d, 12h, 15m, 90s or 0 as seconds. */
function secondsOf(option: string, text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,9})([smhd])$/.exec(String(text)) ?? [];
  if (unit !== undefined) return Number(number) * UNITS[unit]!;
  if (text === '0') return 0;
  throw new Error(`--${option} must be like 30d, 12h, 15m or 90s, not "${text}".`);
}

const OPTION: Record<string, string> = { expires_in_s: 'expires', overlap_s: 'overlap' };

function parse<S extends z.ZodType>(schema: S, given: object): z.output<S> {
  const known = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  const parsed = schema.safeParse(known);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue!.path[0]);
  if (!(field in known)) throw new Error(`Missing option --${OPTION[field] ?? field}.`);
  const what = field === 'id' ? 'The key id' : `--${OPTION[field] ?? field}`;
  throw new Error(`${what} is not valid: ${issue!.message}.`);
}
