/** A worker for the bare workflows. Arguments: address of the Temporal server, task queue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** Asks over HTTP, as the service does. */
export async function askModel(url: string, text: string): Promise<string> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'stub',
      stream: true,
      messages: [{ role: 'user', content: text }],
    }),
  });
  return (await response.text()).slice(0, 100);
}

/** The workflow has the answer, and the client is told. */
export async function answered(text: string): Promise<void> {
  process.send?.({ answered: text });
}

const INSTALLER = fileURLToPath(new URL('../../../tools/installer/start.js', import.meta.url));
const BEAT_MS = 1_000;

/** Installs the package that `crowd` installs, and signals each quarter to the workflow that asked. */
export async function runInstaller(asker: string, folder: string): Promise<void> {
  const { heartbeat, client } = Context.current();
  const timer = setInterval(() => heartbeat(), BEAT_MS);
  try {
    const program = spawn(process.execPath, [INSTALLER, folder, 'alpha'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exit = once(program, 'exit');
    let quarter = 0;
    for await (const line of createInterface({ input: program.stdout })) {
      const now = Math.floor(Number(/^\[ *(\d+)%/.exec(line)?.[1] ?? 0) / 25);
      if (now > quarter) await client.workflow.getHandle(asker).signal('message', line);
      quarter = Math.max(quarter, now);
    }
    const [code] = await exit;
    if (code !== 0) throw new Error(`The installer ended with ${code}.`);
  } finally {
    clearInterval(timer);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address = '', taskQueue = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
    activities: { askModel, answered, runInstaller },
    bundlerOptions: {
      ignoreModules: ['node:url', 'node:child_process', 'node:events', 'node:readline'],
    },
  });
  process.send?.({ ready: true });
  await worker.run();
}
