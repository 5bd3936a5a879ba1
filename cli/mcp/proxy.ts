/** `meanwhile mcp proxy`: declares its server to the running service, and relays to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findRun } from '../run-file.ts';
import type { ProxyTarget } from './arguments.ts';

/** Variables that every stdio server gets, as the SDK's own clients pass them. */
const HARMLESS = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];

export interface ProxyPlace {
  cwd: string;
  variables: Record<string, string | undefined>;
}

export interface ProxyOptions {
  place: ProxyPlace;
  /** The service's API key. */
  apiKey?: string | undefined;
  /** How long to wait for a service. Milliseconds. */
  patience_ms?: number;
}

/** No service was found, or it refused the server. The message is complete. */
export class NotDeclared extends Error {
  override name = 'NotDeclared';
}

/**
 * Declares the server, unless the service knows it.
 * @param base URL of the service
 * @returns the path of the endpoint to relay to
 * @throws NotDeclared
 */
export async function proxyPath(
  base: string,
  target: ProxyTarget,
  { place, apiKey, patience_ms = 25_000 }: ProxyOptions,
): Promise<string> {
  if (target.kind === 'all') return '/mcp/tools';
  if (target.kind === 'known') return `/mcp/servers/${encodeURIComponent(target.name)}`;
  const declaration = { name: target.name, transport: transportOf(target, place) };
  const deadline = performance.now() + patience_ms;
  for (;;) {
    const run = findRun(base);
    const response =
      run &&
      (await fetch(`${base}/mcp/servers`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'meanwhile-token': run.token,
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify(declaration),
      }).catch(() => undefined));
    if (response?.ok) {
      const { server } = (await response.json()) as { server: string };
      return `/mcp/servers/${server}`;
    }
    if (response && response.status < 500) {
      const { message, detail } = (await response.json().catch(() => ({}))) as Refusal;
      throw new NotDeclared(`${base} refused the server: ${message ?? detail ?? response.status}`);
    }
    if (performance.now() > deadline) {
      throw new NotDeclared(
        `No Meanwhile service of this user runs at ${base} on this machine. Start it with \`meanwhile start\`, or name its address with --service.`,
      );
    }
    await sleep(500);
  }
}

/** `message` comes from the route, `detail` from the check of the key. */
interface Refusal {
  message?: string;
  detail?: string;
}

function transportOf(
  target: ProxyTarget & { kind: 'command' | 'url' },
  { cwd, variables }: ProxyPlace,
) {
  if (target.kind === 'url') {
    return { type: 'http', url: target.url, headers: target.headers } as const;
  }
  const [command, ...args] = target.argv;
  const named = target.env.map((each): [string, string | undefined] => {
    const [name = '', ...value] = each.split('=');
    return [name, each.includes('=') ? value.join('=') : variables[name]];
  });
  const harmless = HARMLESS.map((name): [string, string | undefined] => [name, variables[name]]);
  const set = [...harmless, ...named].filter(([, value]) => value !== undefined);
  const env = Object.fromEntries(set) as Record<string, string>;
  return { type: 'stdio', command, args, env, cwd } as const;
}
