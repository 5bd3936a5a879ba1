/** Compares the events of a stream with their description in the OpenAPI document. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

const file = new URL('../../docs/openapi.json', import.meta.url);
const document = JSON.parse(readFileSync(file, 'utf8'));

interface DescribedEvent {
  properties: { event: { const: string }; data: { contentSchema: { $ref: string } } };
}
const described: DescribedEvent[] = document.components.schemas.StreamEvent.oneOf;

/** The names that the document knows. */
export const DESCRIBED_EVENTS = described.map(({ properties }) => properties.event.const);

const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'api');
const checkerOf = ($ref: string) => ajv.compile({ $ref: `api${$ref}` });
const isEvent = checkerOf('#/components/schemas/StreamEvent');
/** By name. Parsers of JSON Schema take `contentSchema` as a hint, so the data is validated here. */
const isDataOf = new Map(
  described.map(({ properties: { event, data } }) => [
    event.const,
    checkerOf(data.contentSchema.$ref),
  ]),
);

/** @throws Error for an event that is not as the document describes it */
export function checkDescribed(event: EventSourceMessage): void {
  const fail = (why: unknown) => {
    const words = `The document does not describe this event: ${JSON.stringify(event)}`;
    throw new Error(words, { cause: why });
  };
  if (!isEvent(event)) fail(isEvent.errors);
  const isData = isDataOf.get(event.event!)!;
  if (!isData(JSON.parse(event.data))) fail(isData.errors);
}

/** A `fetch` that compares every event of every stream, as it arrives, and calls `heard` with its name. */
export function fetchDescribed(heard: (name: string) => void): typeof fetch {
  return async (...request) => {
    const response = await fetch(...request);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
    const parser = createParser({
      onEvent(event) {
        checkDescribed(event);
        heard(event.event!);
      },
    });
    const decoder = new TextDecoder();
    const checking = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        parser.feed(decoder.decode(chunk, { stream: true }));
        controller.enqueue(chunk);
      },
    });
    return new Response(response.body!.pipeThrough(checking), response);
  };
}
