/** A relay whose client is the test. It ends with the test. */
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import { relay, type RelayOptions } from '../../cli/mcp/relay.ts';
import { createMailbox } from './mailbox.ts';

export function startRelay(url: string, more: Pick<RelayOptions, 'patience' | 'thread'> = {}) {
  const input = new PassThrough();
  const output = new PassThrough();
  const notes: string[] = [];
  const answers = createMailbox<any>('the relay answers');
  createInterface({ input: output }).on('line', (line) => answers.put(JSON.parse(line)));
  const running = relay({
    url,
    input,
    output,
    note: (line) => notes.push(line),
    ...more,
  });
  onTestFinished(async () => {
    input.end();
    await running;
  });
  let id = 0;
  return {
    notes,
    running,
    input,
    write: (message: object | string) =>
      input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    request(method: string, params: object = {}) {
      this.write({ jsonrpc: '2.0', id: ++id, method, params });
      return id;
    },
    cancels(requestId: number) {
      this.write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    },
    answer: answers.take,
  };
}
