import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** A process that runs `body` with `runService`, is sent SIGTERM once it says that it is ready, and ends. */
async function terminated(body: string) {
  const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    import { runService, aborted } from ${at('run-service.ts')};
    import { createStack } from ${at('stack.ts')};
    const never = new Promise(() => {});
    setInterval(() => {}, 1_000);
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (!output.includes('ready') && text.includes('ready')) child.kill('SIGTERM');
      output += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  return { code, signal, output };
}

const use = `async (_, signal) => { console.log('ready'); await aborted(signal); }`;

test('SIGTERM ends a service whose parts all close, with exit code 0', async () => {
  const ended = await terminated(`
    await runService(async () => ({ failed: never, kill() {}, close: async () => console.log('closed') }), ${use});`);
  expect(ended).toMatchObject({ code: 0, output: expect.stringContaining('closed') });
});

test('SIGTERM ends a service with a part that does not close, names the part and exits with code 1', async () => {
  const ended = await terminated(`
    const stack = createStack(20);
    await stack.opening('The lock', 0, () => console.log('lock closed'));
    await stack.opening('The store', 0, () => never);
    await runService(async () => ({ failed: never, kill() {}, close: () => stack.close() }), ${use});`);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.output).toContain('The store did not stop cleanly: Error: it took longer');
  expect(ended.output).toContain('lock closed');
});

test('SIGTERM ends a start that never completes, with exit code 1', async () => {
  const ended = await terminated(`
    await runService(() => { console.log('ready'); return never; }, async () => {}, 20);`);
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.output).toContain('Startup did not stop within 0.02 s.');
});

test('a part that fails ends the service, with exit code 1', async () => {
  const ended = await terminated(`
    const failed = Promise.reject(new Error('The database has stopped.'));
    await runService(async () => ({ failed, kill() {}, close: async () => {} }), () => never);`);
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining('database has stopped') });
});
