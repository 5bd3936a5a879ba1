/** What a harness gets when its model server answers through the proxy. For tests. */
import { BrokenStream } from '../../harness/model-proxy/reply.ts';
import { answerOf } from '../../harness/model-proxy/upstream.ts';
import type { Wire, RoundEnd } from '../../harness/model-proxy/wire.ts';

export interface PlayedAnswer {
  status: number;
  headers: Record<string, string>;
  chunks: string[];
}

/**
 * @param ours the names of the proxy's functions
 * @returns what the harness is sent, and how the answer ended: undefined if it was refused or broke off
 */
export async function throughProxy<Event>(
  wire: Wire<Event>,
  played: PlayedAnswer,
  ours: string[],
): Promise<{ sent: PlayedAnswer; end: RoundEnd<Event> | undefined }> {
  const { status, headers } = played;
  const encoder = new TextEncoder();
  const chunks = played.chunks.map((chunk) => encoder.encode(chunk));
  const answer = answerOf(new Response(ReadableStream.from(chunks), { status, headers }), wire);
  if (answer.refused) return { sent: played, end: undefined };
  const round = wire.createMerge(new Set(ours)).round();
  const sent: string[] = [];
  let end: RoundEnd<Event> | undefined;
  try {
    for await (const event of answer.events) sent.push(...round.take(event).map(wire.frame));
    end = round.end();
  } catch (error) {
    // The proxy breaks its own stream off.
    if (!(error instanceof BrokenStream)) throw error;
  }
  if (end) sent.push(...end.last().map(wire.frame), wire.ending);
  const stream = { status: 200, headers: { 'content-type': 'text/event-stream' }, chunks: sent };
  return { sent: stream, end };
}
