/** The Chat Completions API, which nearly every provider and local server supports. */
import { attach, gather, senderId, shortened } from './attached.ts';
import { chatBody } from './chat-body.ts';
import { readContent } from './content.ts';
import { ModelError } from './errors.ts';
import { type Fields, fieldsOf, isFields, listOf, without } from './fields.ts';
import { checkFinish, reasonOf } from './finish.ts';
import type { Adapter, AskedCall, BoundedRequest, RawPart } from './message.ts';
import { notAnAnswer } from './server/body-events.ts';
import type { ModelServer } from './server/exchange.ts';
import { assembleCalls, type CallPiece, pieceOf } from './streamed-calls.ts';
import { NOTHING, usageOf } from './usage.ts';
import { textOf } from './wire.ts';

/** @param newer whether the server wants `max_completion_tokens` */
export function createChatAdapter({ url, ask }: ModelServer, newer: boolean): Adapter {
  return {
    async *stream(request, signal) {
      const { model } = request;
      const by = senderId('chat', url, model);
      const answer = createAnswer();
      const body = chatBody(request, { by, newer });
      const events = ask({
        path: '/chat/completions',
        body,
        waiting: request,
        signal,
        isWriting: (data) => isWriting(choiceOf(data)),
      });
      let isDone = false;
      for await (const event of events) {
        if (event.kind === 'done') isDone = true;
        else yield* answer.read(event.data as Fields, event.whole === true);
        if (isDone) break;
      }
      yield* answer.end(request, { by, isDone });
    },
  };
}

/** The chunk with the usage has no choice, and some servers omit the list. */
function choiceOf(data: unknown): Fields {
  const { choices } = fieldsOf(data);
  return fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
}

/** Some servers send a whole message, at the end of a stream or instead of one. */
const messageOf = (choice: Fields): Fields => ({
  ...fieldsOf(choice.message),
  ...fieldsOf(choice.delta),
});

const isWriting = (choice: Fields) =>
  Object.entries(messageOf(choice)).some(
    ([field, value]) => field !== 'role' && value !== null && value !== undefined && value !== '',
  );

function createAnswer() {
  let said = '';
  let refusal = '';
  const reasons = new Set<string>();
  let attached: Fields = {};
  const pieces: CallPiece[] = [];
  let usage = NOTHING;
  let chunk = 0;
  /** The last event that is not part of an answer. */
  let stray: Fields | undefined;

  function* read(data: Fields, isWhole: boolean): Generator<RawPart> {
    const counted = data.usage ?? fieldsOf(data.x_groq).usage;
    if (isFields(counted)) yield { kind: 'usage', usage: (usage = usageOf(counted, usage)) };
    else if (!Array.isArray(data.choices)) stray = data;
    const choice = choiceOf(data);
    chunk += 1;
    yield* takeDelta(fieldsOf(choice.delta));
    // What was streamed is not repeated.
    if (isFields(choice.message)) yield* takeDelta(remainder(choice.message));
    else if (typeof choice.text === 'string') yield* say(choice.text);
    const reason = choice.finish_reason;
    if (typeof reason === 'string' && reason !== '') reasons.add(reason);
    else if (isWhole && isFields(choice.message) && reasons.size === 0) reasons.add('stop');
  }

  function* takeDelta(delta: Fields): Generator<RawPart> {
    const { content, refusal: refused, tool_calls, function_call } = delta;
    const kept = without(delta, KNOWN);
    attached = gather(attached, kept);
    for (const value of Object.values(kept)) {
      if (typeof value === 'string' && value !== '') yield { kind: 'unseen', text: value };
    }
    const { text, thought, refusal: inParts } = readContent(content);
    const no = textOf(refused) + inParts;
    refusal += no;
    if (thought + no !== '') yield { kind: 'unseen', text: thought + no };
    yield* say(text);
    const calls = isFields(tool_calls) ? [tool_calls] : listOf(tool_calls);
    // Some servers send a call in both forms.
    const legacy =
      isFields(function_call) && calls.length === 0 ? [{ function: function_call }] : [];
    for (const call of [...calls, ...legacy]) {
      const piece = pieceOf(call, chunk);
      pieces.push(piece);
      yield { kind: 'unseen', text: `${piece.name}${piece.arguments}` };
    }
  }

  function* say(text: string): Generator<RawPart> {
    if (text === '') return;
    said += text;
    yield { kind: 'text', text };
  }

  function remainder(message: Fields): Fields {
    const { content, tool_calls, function_call, refusal: refused, ...rest } = message;
    const { text } = readContent(content);
    return {
      ...(said === ''
        ? { content }
        : { content: text.startsWith(said) ? text.slice(said.length) : '' }),
      ...(pieces.length === 0 && { tool_calls, function_call }),
      ...(refusal === '' && { refusal: refused }),
      ...(Object.keys(attached).length === 0 && rest),
    };
  }

  function* end(
    { tools }: BoundedRequest,
    { by, isDone }: { by: string; isDone: boolean },
  ): Generator<RawPart> {
    if (refusal !== '') throw new ModelError('ModelRefused', `The model refused: ${refusal}`);
    const assembled = assembleCalls(pieces, new Set(tools.map(({ name }) => name)));
    const wasWriting = said.trim() !== '' || assembled.length > 0;
    if (reasons.size === 0 && !wasWriting && stray) throw notAnAnswer(stray);
    checkFinish(reasonOf([...reasons]), { isDone, wasWriting, calls: assembled });
    const message = shortened(attached, assembled.length > 0);
    const calls = assembled.map((call, nth): AskedCall => {
      const own = attach(by, {
        ...(nth === 0 && { message }),
        call: call.rest.length > 0 ? call.rest.reduce(gather, {}) : undefined,
      });
      return { name: call.name, arguments: call.arguments, ...(own && { attached: own }) };
    });
    const own = calls.length === 0 && message ? attach(by, { message }) : undefined;
    yield { kind: 'done', calls, ...(own && { attached: own }) };
  }

  return { read, end };
}

/** The standard fields of a message; any other field is one that its provider expects back. */
const KNOWN = [
  'role',
  'name',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'annotations',
];
