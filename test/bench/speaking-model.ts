/** A model server that says a given number of pieces of text at a steady pace, and keeps nothing of what it is asked. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { END_OF_TEXT, startModelServer, textChunk } from './model-server.ts';

export interface Speech {
  pieces: number;
  /** Milliseconds between two of them. */
  pace: number;
}

export const startSpeakingModel = (speech: Speech) =>
  startModelServer((request, response) => {
    request.resume().once('end', () => void speak(response, speech));
  });

async function speak(response: ServerResponse, { pieces, pace }: Speech): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const begin = performance.now();
  for (let piece = 0; piece < pieces; piece += 1) {
    // By the clock, so that a late piece does not delay those after it.
    await sleep(Math.max(0, begin + piece * pace - performance.now()));
    response.write(textChunk(`Piece ${piece + 1} of ${pieces}. `));
  }
  response.end(END_OF_TEXT);
}
