/**
 * The model of a chaos run: what it says follows from the messages it is sent and from nothing else, so that a retried request
 * gets the same. `[steps count=3 pause_ms=200]` in a user's message asks for a call.
 */
import { checkCalls } from '../../cli/demo/check-calls.ts';
import { paced } from '../../cli/demo/pace.ts';
import { estimateUsage } from '../../cli/demo/wire.ts';
import { startWireServer, type WireServer } from '../../cli/demo/wire-server.ts';
import type { AskedCall, ModelMessage } from '../../model/message.ts';
import { hashOf } from './random.ts';

export interface ChaosModel extends WireServer {
  /** Requests that OpenAI would have refused (R13), in its words. */
  refused: string[];
}

const WORD_MS = 25;
/** Only a summary is asked for without tools. Its words are never wishes. */
const SUMMARY = { text: 'They have talked.', calls: [] };

export async function startChaosModel(): Promise<ChaosModel> {
  const refused: string[] = [];
  const server = await startWireServer({
    port: 0,
    host: '127.0.0.1',
    models: ['chaos'],
    async answer({ request, closed, send }) {
      try {
        checkCalls(request.messages, 'messages');
      } catch (error) {
        refused.push((error as Error).message);
        throw error;
      }
      const isSummary = request.tools.length === 0;
      const { text, calls } = isSummary ? SUMMARY : answerTo(request.messages);
      await send({
        text: paced(text, WORD_MS, closed),
        calls,
        usage: (said) => estimateUsage(request, said, calls),
      });
    },
  });
  return { ...server, refused };
}

/** Asks for every call that a user wanted and that nobody has asked for yet; else tells, or is silent. */
export function answerTo(messages: readonly ModelMessage[]): { text: string; calls: AskedCall[] } {
  const asked = new Set(
    messages.flatMap((m) => (m.role === 'assistant' ? m.calls.map(keyOf) : [])),
  );
  const calls = messages
    .flatMap((m) => (m.role === 'user' ? wishesIn(m.text) : []))
    .filter(({ key }) => !asked.has(key))
    .map(({ tool, key, input }) => ({ name: tool, arguments: JSON.stringify({ key, ...input }) }));
  const hash = hashOf(JSON.stringify(messages));
  const last = messages.at(-1);
  if (
    calls.length === 0 &&
    last?.role === 'user' &&
    last.text.startsWith('<now>') &&
    hash % 6 === 0
  )
    return { text: '', calls };
  const words = Array.from({ length: 5 + (hash % 25) }, (_, i) => `word${i}`).join(' ');
  return { text: `${calls.length > 0 ? 'On it:' : 'Well:'} ${words}.`, calls };
}

interface Wish {
  /** Identifies the wish: the message's tag and the place in it. */
  key: string;
  tool: string;
  input: Record<string, unknown>;
}

/** `c3-m2: please [looks] [steps count=3 pause_ms=200]` */
function wishesIn(text: string): Wish[] {
  const tag = /^(\S+):/.exec(text)?.[1];
  if (tag === undefined) return [];
  return [...text.matchAll(/\[(\w+)((?: \w+=[^\]\s]+)*)\]/g)].map(([, tool, options], i) => ({
    key: `${tag}.${i + 1}`,
    tool: tool!,
    input: Object.fromEntries(
      [...options!.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [
        name,
        /^\d+$/.test(value!) ? Number(value) : value!.replaceAll('_', ' '),
      ]),
    ),
  }));
}

function keyOf({ arguments: given }: { arguments: string }): unknown {
  return (JSON.parse(given) as { key?: unknown }).key;
}
