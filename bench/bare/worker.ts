/** A worker for the bare workflow. Arguments: address of the Temporal server, task queue. */
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** Asks over HTTP, as the service does, and says so when the answer is complete. */
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
  const answer = await response.text();
  process.send?.({ done: text });
  return answer.slice(0, 100);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address = '', taskQueue = ''] = process.argv.slice(2);
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
    activities: { askModel },
    bundlerOptions: { ignoreModules: ['node:url'] },
  });
  process.send?.({ ready: true });
  await worker.run();
}
