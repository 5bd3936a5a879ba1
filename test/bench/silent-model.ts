/**
 * A model server that reads no more of what it is asked than how it begins, and keeps nothing: what a request of megabytes costs
 * is then the service's alone.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { summaryPrompt } from '../../model/summary-prompt.ts';
import { END_OF_TEXT, startModelServer, textChunk } from './model-server.ts';

/** @param asked is told when a request for a reply has begun to come in, with the moment (performance.now) */
export const startSilentModel = (asked: (at: number) => void, latency_ms: number) =>
  startModelServer((request, response) => {
    const at = performance.now();
    request.once('data', (begin: Buffer) => {
      if (!begin.includes(SUMMARY)) asked(at);
    });
    request.once('end', () => void answer(response, latency_ms));
  });

/** How a request for a summary begins. */
const SUMMARY = summaryPrompt(0).split('\n', 1)[0]!;

async function answer(response: ServerResponse, latency_ms: number): Promise<void> {
  await sleep(latency_ms);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(textChunk('Ok.'));
  response.end(END_OF_TEXT);
}
