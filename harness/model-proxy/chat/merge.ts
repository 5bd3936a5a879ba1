/**
 * Merges several answers of Chat Completions into one message: joins their text, keeps only the harness's calls, and adds up usage. The
 * harness stores the message when it ends, so all calls of the proxy stand before it in the thread. Pure.
 */
import { gather } from '../../../model/attached.ts';
import {
  fieldsOf,
  type Fields,
  isFields,
  listOf,
  stringOf,
  without,
} from '../../../model/fields.ts';
import { checkFinish, reasonOf } from '../../../model/finish.ts';
import { asOffered } from '../../../model/names.ts';
import { assembleCalls } from '../../../model/streamed-calls.ts';
import type { ToldCall } from '../item.ts';
import { sum } from '../sum.ts';
import type { Merge, ProxyRound } from '../wire.ts';
import { isSaid } from './item.ts';
import { createOwners } from './owner.ts';

/** A chunk of the stream. */
export type Chunk = Fields;

/** Stands for the `[DONE]` at the end of the stream. */
export const DONE: Chunk = Object.freeze({});

export function createMerge(ours: ReadonlySet<string>): Merge<Chunk> {
  let first: Chunk | undefined;
  let rounds = 0;
  let role: unknown;
  let isRoleSent = false;
  let said = '';
  let usage: unknown;

  function round(): ProxyRound<Chunk> {
    const isFirst = ++rounds === 1;
    const owners = createOwners(ours);
    const indexes = new Map<unknown, number>();
    let words = '';
    let kept: Fields = {};
    let chunks = 0;
    let isDone = false;
    let hasCalls = false;
    let hasHarnessCalls = false;
    let finish: { reason: string; chunk: Chunk } | undefined;
    let counted: { usage: Fields; chunk: Chunk; isAlone: boolean } | undefined;
    let failed: Chunk | undefined;

    const stamped = (chunk: Chunk): Chunk =>
      isFirst || !first ? chunk : { ...chunk, ...idOf(first) };

    /** In the message that the harness gets, its calls are numbered from 0. */
    function numbered(piece: Fields): Fields {
      hasHarnessCalls = true;
      if (piece['index'] === undefined) return piece;
      const index = indexes.get(piece['index']) ?? indexes.size;
      indexes.set(piece['index'], index);
      return { ...piece, index };
    }

    /** Some servers send a whole message instead of a stream, or at the end of a stream that contained most of it. */
    function deltaOf({ message, delta }: Fields): Fields {
      if (!isFields(message)) return fieldsOf(delta);
      const piece = fieldsOf(delta);
      if (chunks === 1 && Object.keys(piece).length === 0) return message;
      const { content, tool_calls } = message;
      const now = stringOf(piece['content']);
      const isMore = typeof content === 'string' && content.startsWith(words + now);
      return {
        ...piece,
        ...(isMore && { content: content.slice(words.length) }),
        ...(!hasCalls && !isSaid(piece['tool_calls']) && { tool_calls }),
      };
    }

    /** @returns the chunks that the harness is sent */
    function takeChoice(chunk: Chunk, choice: Fields): Chunk[] {
      const { role: given, tool_calls, function_call, ...delta } = deltaOf(choice);
      const calls = isFields(tool_calls) ? [tool_calls] : listOf(tool_calls);
      const theirs = calls.flatMap((call) => owners.take(call, chunks)).map(numbered);
      if (
        isFields(function_call) &&
        calls.length === 0 &&
        Object.values(function_call).some(isSaid)
      ) {
        // The older API has one `function_call` in place of `tool_calls`. Some servers send a call in both forms.
        calls.push({ function: function_call });
        const [isTheirs] = owners.take({ function: function_call }, chunks);
        if (isTheirs) delta['function_call'] = function_call;
        hasHarnessCalls ||= isTheirs !== undefined;
      }
      hasCalls ||= calls.length > 0;
      kept = gather(kept, delta);
      role ??= given;
      const isSilent = theirs.length === 0 && !Object.values(delta).some(isSaid);
      const isWanted = isFirst && calls.length === 0 && typeof choice['finish_reason'] !== 'string';
      if (isSilent && !isWanted) return [];
      const shown = withDelta(stamped(chunk), {
        ...(role !== undefined && !isRoleSent && { role }),
        ...delta,
        ...(theirs.length > 0 && { tool_calls: theirs }),
      });
      isRoleSent = true;
      const { content } = delta;
      if (!isSaid(content)) return [shown];
      // The text of each answer begins a new paragraph.
      const isBreak = words === '' && said.trim() !== '' && !/\s$/.test(said);
      words += typeof content === 'string' ? content : ' ';
      return isBreak ? [withDelta(shown, { content: '\n\n' }), shown] : [shown];
    }

    return {
      take(chunk) {
        if (chunk === DONE) isDone = true;
        if (chunk === DONE || failed) return [];
        first ??= chunk;
        chunks += 1;
        if (isSaid(chunk['error'])) {
          failed = chunk;
          return [];
        }
        const [choice] = listOf(chunk['choices']);
        if (isFields(chunk['usage'])) {
          counted = { usage: chunk['usage'], chunk, isAlone: !choice };
        }
        if (!choice) return isFirst && !counted ? [chunk] : [];
        const shown = takeChoice(chunk, choice);
        const reason = choice['finish_reason'];
        if (typeof reason === 'string' && reason !== '') {
          finish = { reason: reasonOf([...(finish ? [finish.reason] : []), reason])!, chunk };
        }
        if (isFields(choice['message']) && !isFields(choice['delta'])) isDone = true;
        return shown;
      },
      end() {
        if (counted) usage = sum(usage, counted.usage);
        const late = owners.rest().map(numbered);
        said += words;
        const calls = assembleCalls(owners.ours, ours);
        if (!failed && !finish && !isDone) return undefined;
        return {
          isComplete: !failed && isComplete(finish?.reason, { words, calls, isDone }),
          calls: calls.map(({ name, arguments: input }, nth) => ({
            call_id: `call_${rounds}_${nth}`,
            name: asOffered(name, ours),
            arguments: input,
            after: 0,
          })),
          waitsForHarness: hasHarnessCalls,
          last() {
            if (failed) return [failed];
            const counts = { ...(usage !== undefined && { usage }) };
            const out: Chunk[] = [];
            if (late.length > 0 && first) {
              out.push(withDelta(without(first, ['usage']), { tool_calls: late }));
            }
            if (finish) {
              const { reason, chunk } = finish;
              const isOver = /^(tool|function)/i.test(reason) && !hasHarnessCalls;
              const ended = withDelta(stamped(chunk), {}, isOver ? 'stop' : reason);
              out.push(isFields(chunk['usage']) ? { ...ended, ...counts } : ended);
            }
            if (counted?.isAlone) out.push({ ...stamped(counted.chunk), ...counts });
            return out;
          },
          items: (told) => [messageOf(kept, calls, told), ...told.map(outputMessage)],
        };
      },
    };
  }
  return { round, output: [] };
}

const idOf = ({ id, created }: Chunk): Chunk => ({
  ...(id !== undefined && { id }),
  ...(created !== undefined && { created }),
});

function withDelta(chunk: Chunk, delta: Fields, finish_reason: string | null = null): Chunk {
  const [choice] = listOf(chunk['choices']);
  const { message: _message, ...rest } = fieldsOf(choice);
  const object = { object: 'chat.completion.chunk' };
  return { ...chunk, ...object, choices: [{ index: 0, ...rest, delta, finish_reason }] };
}

function isComplete(
  reason: string | undefined,
  answer: { words: string; calls: { arguments: string }[]; isDone: boolean },
): boolean {
  const { words, calls, isDone } = answer;
  try {
    checkFinish(reason, { isDone, wasWriting: words !== '' || calls.length > 0, calls });
    return true;
  } catch {
    return false;
  }
}

/** The model's message for the next request, with everything that its server expects back, such as thoughts and signatures. */
function messageOf(
  kept: Fields,
  calls: readonly { rest: Fields[] }[],
  told: readonly ToldCall[],
): Fields {
  return {
    role: 'assistant',
    ...kept,
    // Some servers refuse empty text beside calls.
    content: kept['content'] || null,
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ rest }, nth) => toolCall(rest, told[nth]!)),
    }),
  };
}

function toolCall(rest: readonly Fields[], { call_id, name, arguments: input }: ToldCall): Fields {
  const { function: inside, ...beside } = rest.reduce(gather, {});
  const of = { ...fieldsOf(inside), name, arguments: isJson(input) ? input : '{}' };
  return { ...beside, id: call_id, type: 'function', function: of };
}

const outputMessage = ({ call_id, output }: ToldCall): Fields => ({
  role: 'tool',
  tool_call_id: call_id,
  content: output,
});

/** Some servers refuse a request that repeats arguments which are not JSON. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
