/** A worker for the bare workflow. Arguments: address of the Temporal server, task queue. */
import { fileURLToPath } from 'node:url';
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address = '', taskQueue = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
    activities: { askModel, answered },
    bundlerOptions: { ignoreModules: ['node:url'] },
  });
  process.send?.({ ready: true });
  await worker.run();
}
