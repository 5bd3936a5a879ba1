/** The Responses API. The provider stores nothing (`store: false`), since the log has everything. */
import { attach, senderId } from './attached.ts';
import { readContent } from './content.ts';
import { ModelError } from './errors.ts';
import { type Fields, fieldsOf, isFields, listOf, numberOf, stringOf } from './fields.ts';
import { checkFinish } from './finish.ts';
import type { Adapter, AskedCall, BoundedRequest, RawPart } from './message.ts';
import { responsesBody } from './responses-body.ts';
import { notAnAnswer } from './server/body-events.ts';
import type { ModelServer } from './server/exchange.ts';
import { createItems, type Item } from './streamed-items.ts';
import { usageOf } from './usage.ts';
import { argumentsOf, textOf } from './wire.ts';

export function createResponsesAdapter({ url, ask }: ModelServer): Adapter {
  return {
    async *stream(request, signal) {
      const { otherwise } = request;
      const by = senderId('responses', url, request.model);
      const answer = createAnswer();
      const events = ask({
        path: '/responses',
        body: responsesBody(request, by),
        ...(otherwise && { otherwise: fieldsInstead({ ...request, ...otherwise }, by) }),
        waiting: request,
        signal,
        isWriting: (data) => /\.(delta|done)$/.test(stringOf(fieldsOf(data).type)),
        isLast: (data) =>
          /^response\.(completed|done|incomplete)$/.test(stringOf(fieldsOf(data).type)),
      });
      let isDone = false;
      for await (const event of events) {
        if (event.kind === 'done') isDone = true;
        else yield* answer.read(fieldsOf(event.data));
        if (isDone || answer.isOver()) break;
      }
      yield* answer.end({ by, isDone });
    },
  };
}

/** The fields of the body that differ for a server without asynchronous tools. */
function fieldsInstead(request: BoundedRequest, by: string) {
  const { instructions, input, tools } = responsesBody(request, by);
  return { instructions, input, tools };
}

function createAnswer() {
  const items = createItems();
  let said = '';
  /** The text of each part that has been passed on, by the position of the part. */
  const parts = new Map<string, string>();
  let refusal = '';
  let final: Fields | undefined;
  /** The last event that is not part of an answer. */
  let stray: Fields | undefined;

  function* read(event: Fields): Generator<RawPart> {
    const type = stringOf(event.type);
    const index = numberOf(event.output_index);
    const item = fieldsOf(event.item) as Item;
    switch (type) {
      case 'response.output_text.delta':
        return yield* say(event, textOf(event.delta));
      case 'response.output_text.done':
        return yield* sayRest(event, textOf(event.text));
      case 'response.content_part.done': {
        const { text, refusal: refused } = readContent(event.part);
        refusal ||= refused;
        return yield* sayRest(event, text);
      }
      case 'response.refusal.delta':
        refusal += textOf(event.delta);
        return yield unseen(event.delta);
      case 'response.refusal.done':
        refusal ||= textOf(event.refusal);
        return;
      case 'response.output_item.added':
        return items.added(item, index);
      case 'response.output_item.done':
        items.done(item, index);
        return yield* sayItem(item, event);
      case 'response.function_call_arguments.delta':
        items.argumentsDelta(event, textOf(event.delta));
        return yield unseen(event.delta);
      case 'response.function_call_arguments.done':
        items.argumentsDone(event, argumentsOf(event.arguments), textOf(event.name));
        return;
      case 'response.completed':
      case 'response.done':
      case 'response.incomplete':
      case 'response.cancelled':
        return yield* finish(fieldsOf(event.response), type.slice('response.'.length));
      default:
        // A complete response instead of a stream.
        if (event.object === 'response' && type === '') yield* finish(event, 'completed');
        else if (/reasoning.*delta$/.test(type)) yield unseen(event.delta);
        else if (type === '') stray = event;
    }
  }

  function* finish(response: Fields, ended: string): Generator<RawPart> {
    if (isFields(response.usage)) yield { kind: 'usage', usage: usageOf(response.usage) };
    final = { ...response, status: statusOf(response, ended) };
    const output = listOf(response.output) as Item[];
    items.final(output);
    const whole = output.filter(({ type }) => type === 'message').map(contentOf);
    refusal ||= whole.map((content) => content.refusal).join('');
    const text = whole.map((content) => content.text).join('') || textOf(response.output_text);
    if (said === '') yield* sayAll(text);
    else if (text.startsWith(said)) yield* sayAll(text.slice(said.length));
  }

  function* say(place: Fields, text: string): Generator<RawPart> {
    const key = keyOf(place);
    parts.set(key, (parts.get(key) ?? '') + text);
    yield* sayAll(text);
  }

  /** Passes on the rest of a part. All or nothing of it may have been streamed. */
  function* sayRest(place: Fields, text: string): Generator<RawPart> {
    const streamed = parts.get(keyOf(place)) ?? '';
    if (text.length > streamed.length && text.startsWith(streamed) && !said.endsWith(text)) {
      yield* say(place, text.slice(streamed.length));
    }
  }

  function* sayItem(item: Item, place: Fields): Generator<RawPart> {
    if (item.type !== 'message') return;
    const { text, refusal: refused } = contentOf(item);
    refusal ||= refused;
    if (text !== '' && !said.endsWith(text)) {
      const own = [...parts].filter(([key]) => key.startsWith(`${keyOf(place).split(' ')[0]} `));
      if (own.every(([, words]) => words === '')) yield* say({ ...place, content_index: 0 }, text);
    }
  }

  function* sayAll(text: string): Generator<RawPart> {
    if (text === '') return;
    said += text;
    yield { kind: 'text', text };
  }

  /** @param isDone whether the server said `[DONE]`, which some send in place of the last event */
  function* end({ by, isDone }: { by: string; isDone: boolean }): Generator<RawPart> {
    if (refusal !== '') throw new ModelError('ModelRefused', `The model refused: ${refusal}`);
    if (!final && said === '' && stray) throw notAnAnswer(stray);
    if (final) checkStatus(final);
    const { calls: made, reasoning } = items.all();
    const wasWriting = said !== '' || made.length > 0;
    const reason = final && stringOf(final.status);
    checkFinish(reason, { isDone: final !== undefined || isDone, wasWriting, calls: made });
    const calls = made.map((call): AskedCall => {
      const own = given(by, call.reasoning);
      return { name: call.name, arguments: call.arguments, ...(own && { attached: own }) };
    });
    const own = given(by, reasoning);
    yield { kind: 'done', calls, ...(own && { attached: own }) };
  }

  return { read, end, isOver: () => final !== undefined };
}

/** Some servers call an incomplete response completed, and some a completed one in progress. */
function statusOf(response: Fields, ended: string): string {
  const status = stringOf(response.status);
  return status !== '' && (ended === 'done' || /incomplete|cancel/.test(status)) ? status : ended;
}

const keyOf = ({ output_index, item_id, content_index }: Fields) =>
  `${String(output_index ?? item_id ?? '')} ${String(content_index ?? 0)}`;

const contentOf = ({ content }: Item) => readContent(content);

const unseen = (delta: unknown): RawPart => ({ kind: 'unseen', text: stringOf(delta) });

const given = (by: string, items: Item[]) => (items.length > 0 ? attach(by, { items }) : undefined);

function checkStatus({ status, incomplete_details }: Fields): void {
  if (status !== 'incomplete') return;
  const reason = stringOf(fieldsOf(incomplete_details).reason);
  checkFinish(reason === '' ? 'length' : reason, { isDone: true, wasWriting: true, calls: [] });
  throw new ModelError('ModelCutOff', `The answer is incomplete: ${reason}.`);
}
