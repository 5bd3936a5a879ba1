import type { Settings } from '../config.ts';

/** Where a service with these settings is reached from its own machine. Without a trailing slash. */
export function serviceUrl({ HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): string {
  const host = HOST === '0.0.0.0' || HOST === '::' ? 'localhost' : HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${PORT}`;
}
