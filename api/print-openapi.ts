/** Writes docs/openapi.json: `node api/print-openapi.ts`. A test compares it with what the service serves. */
import { writeFile } from 'node:fs/promises';
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
  limits: absent,
  catalogue: { tools: new Map(), agents: new Map() },
  maxMessageBytes: 100_000,
  pushes: { secret: '', maxBytes: 10_000_000, inlineBytes: 8_000 },
});
await app.ready();
const file = new URL('../docs/openapi.json', import.meta.url);
await writeFile(file, `${JSON.stringify(app.swagger(), null, 2)}\n`);
await app.close();
