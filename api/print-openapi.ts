/** Writes docs/openapi.json: `node api/print-openapi.ts`. A test compares it with what the service serves. */
import { writeFile } from 'node:fs/promises';
import type { Limits } from '../contract/limits.ts';
import { openToAnyone } from '../security/access/anyone.ts';
import { buildApp } from './app.ts';

/** The document says nothing about the service's dependencies, so none are provided. */
const absent = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`Describing the API does not need ${String(name)}.`);
    },
  },
) as never;

const app = await buildApp({
  store: absent,
  bus: absent,
  gateway: absent,
  // Read when the routes are made, before any request.
  limits: { grace_ms: 0 } as Limits,
  catalogue: { tools: new Map(), agents: new Map() },
  settings: {
    MEANWHILE_MAX_MESSAGE_BYTES: 100_000,
    MEANWHILE_MAX_RESULT_BYTES: 10_000_000,
    MEANWHILE_INLINE_RESULT_BYTES: 8_000,
  },
  access: openToAnyone,
  pushSecret: '',
});
await app.ready();
const file = new URL('../docs/openapi.json', import.meta.url);
await writeFile(file, `${JSON.stringify(app.swagger(), null, 2)}\n`);
await app.close();
