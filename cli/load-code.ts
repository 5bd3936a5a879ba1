/** Loads the code of `meanwhile start` and starts nothing. The build runs it, so that the first start finds that code compiled. */
import { flushCompileCache } from 'node:module';
import './compile-cache.js';

await import('../config.ts');
await import('./arguments.ts');
await import('./usage.ts');
await import('./start.ts');
await import('../mcp/client/catalogue.ts');
await import('../worker/start.ts');
await import('../api/start.ts');
await (await import('../tools/load.ts')).loadCatalogue(undefined, { demoTools: true });
// Outside their threads, these do nothing.
await import('../store/pglite-thread.ts');
await import('../worker/sandbox/thread.ts');
await (await import('../model/tokens.ts')).loadTokenizer();
flushCompileCache();
