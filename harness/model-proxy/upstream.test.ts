import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chat } from './chat/wire.ts';
import { answerOf } from './upstream.ts';

const events = [1, 2, 3].map((n) => ({ choices: [{ delta: { content: `${n}` } }] }));
const streamed = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

async function read(pieces: string[]): Promise<unknown[]> {
  const encoder = new TextEncoder();
  const body = ReadableStream.from(pieces.map((piece) => encoder.encode(piece)));
  const answer = answerOf(
    new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    chat,
  );
  const read: unknown[] = [];
  for await (const event of answer.events!) read.push(event);
  return read;
}

test.each([
  ['events', streamed, events],
  ['comments, then events', `: PROCESSING\n\n: PROCESSING\n\n${streamed}`, events],
  ['comments, then one JSON object', `: PROCESSING\n\n${JSON.stringify(events[0])}`, [events[0]]],
  ['blanks, then one JSON object', `\n  \n${JSON.stringify(events[0])}`, [events[0]]],
])('a body is the same wherever the network cuts it: %s', async (_, body, expected) => {
  const anyCut = fc.uniqueArray(fc.nat(body.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(anyCut, async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), body.length];
      const pieces = places.slice(1).map((to, nth) => body.slice(places[nth], to));
      expect(await read(pieces.filter((piece) => piece !== ''))).toEqual(expected);
    }),
    { examples: [[[6]], [[body.indexOf('{')]]] },
  );
});
