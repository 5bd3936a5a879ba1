/** One request to a model server and the events of its answer. */
import OpenAI from 'openai';
import type { Usage } from '../../contract/entry.ts';
import { Agent, fetch as fetchByUndici } from 'undici';
import { whyRefused } from '../../contract/json-value.ts';
import { withCost } from '../cost.ts';
import { ModelError, refusalOf } from '../errors.ts';
import { type BodyEvent, eventsOf, quoted } from './body-events.ts';
import { failureIn } from './failure-in.ts';
import { type Fields as Body, fieldsOf } from '../fields.ts';
import { usageOf } from '../usage.ts';
import { isAboutTheRequest, type Remedy, remedies, withoutAsyncTools } from './remedies.ts';

/** How long a model may be silent. Anything that arrives, even a comment, is a sign of life. */
export interface Waiting {
  /** Before it begins to write, in milliseconds. */
  first_token_ms: number;
  /** After that, in milliseconds. */
  silence_ms: number;
}

export interface ModelServerRequest {
  /** The path of the API, such as `/responses`. */
  path: string;
  body: Body & { model: string };
  /** The fields of the body that differ for a server that does not support asynchronous tools. */
  otherwise?: Body;
  waiting: Waiting;
  signal: AbortSignal;
  /** Whether the model has written something in this event. */
  isWriting: (data: unknown) => boolean;
  /** Whether the answer is complete with this event, in an API without `[DONE]`. */
  isLast?: (data: unknown) => boolean;
}

export type Fetch = typeof globalThis.fetch;

export interface ModelServer {
  /** Identifies the server: what it attached is returned only to it. */
  url: string;
  /**
   * Asks the model, again without the fields that the server refuses. Closes the connection when `signal` aborts or nothing arrives for too
   * long.
   * @throws what the `openai` package throws, also for an error inside the answer; ModelError for a response that is not an answer, and for
   *   a timeout; the signal's reason
   */
  ask(this: void, question: ModelServerRequest): AsyncGenerator<BodyEvent>;
}

export interface ServerSettings {
  apiKey: string;
  baseURL: string;
  /** Default: one that waits as long as the question allows. */
  fetch?: Fetch | undefined;
  /** Called, once for each model, with what the server turned out not to support. */
  note?: ((line: string) => void) | undefined;
}

export function createModelServer({
  apiKey,
  baseURL,
  fetch = fetchPatiently,
  note = () => {},
}: ServerSettings): ModelServer {
  // Temporal retries and shows its retries. Retries of the client would only multiply the attempts.
  const client = new Client({
    apiKey,
    baseURL,
    maxRetries: 0,
    logLevel: 'off',
    timeout: NEVER_MS,
    fetch,
  });
  /** By model, the remedies that its server needs. */
  const learned = new Map<string, Set<Remedy>>();

  return {
    url: baseURL,
    async *ask(question) {
      const { body, otherwise } = question;
      const known = learned.get(body.model) ?? new Set();
      const tried = new Set(known);
      let refusal = '';
      for (;;) {
        const first = tried.has(withoutAsyncTools) ? { ...body, ...otherwise } : body;
        const changed = [...tried].reduce<Body>((changing, { apply }) => apply(changing), first);
        try {
          for await (const event of answerTo(client, changed, question)) {
            // The server has accepted the request, so a later error has another cause.
            const isNews =
              tried.has(withoutAsyncTools) && !learned.get(body.model)?.has(withoutAsyncTools);
            learned.set(body.model, tried);
            if (isNews) note(withoutAsync(body.model, refusal));
            yield event;
          }
          return;
        } catch (error) {
          const possible = otherwise ? remedies : remedies.filter((r) => r !== withoutAsyncTools);
          const remedy = remedyFor(error, changed, possible, tried);
          if (!remedy || learned.get(body.model) === tried) throw error;
          if (remedy === withoutAsyncTools) refusal = (error as Error).message;
          tried.add(remedy);
        }
      }
    },
  };
}

/** The log line for an operator whose profile has async tools. */
export const withoutAsync = (model: string, why: string) =>
  `The server of ${model} does not support async function tools, so the prompt explains asynchronous calls instead: ${why}`;

function remedyFor(
  error: unknown,
  body: Body,
  possible: Remedy[],
  tried: Set<Remedy>,
): Remedy | undefined {
  if (!(error instanceof OpenAI.APIError) || error instanceof OpenAI.APIConnectionError) {
    return undefined;
  }
  const refusal = refusalOf(error);
  if (!isAboutTheRequest(refusal)) return undefined;
  const said = refusal.words.toLowerCase();
  return possible.find((remedy) => !tried.has(remedy) && remedy.fits(body, said));
}

async function* answerTo(
  client: Client,
  body: Body,
  { path, waiting, signal, isWriting, isLast = () => false }: ModelServerRequest,
): AsyncGenerator<BodyEvent> {
  const watch = createWatch(waiting);
  const either = AbortSignal.any([signal, watch.signal]);
  try {
    const options = { body, signal: either, stream: true };
    const response = await client.post(path, options).asResponse();
    for await (const event of eventsOf(response, watch.alive, isLast)) {
      if (event.kind === 'data') {
        const failure = failureIn(event.data, event.name, response.headers);
        if (failure) throw withCost(failure, usageIn(event.data));
        if (isWriting(event.data)) watch.writes();
      }
      yield event;
    }
  } catch (error) {
    // The client's own error would say only that the request was aborted.
    either.throwIfAborted();
    throw error;
  } finally {
    watch.end();
  }
  // An aborted body may end as if it were complete.
  either.throwIfAborted();
}

/** The usage reported in a failure. */
function usageIn(data: unknown): Usage {
  const { response, usage } = fieldsOf(data);
  return usageOf(fieldsOf(response).usage ?? usage);
}

function createWatch({ first_token_ms, silence_ms }: Waiting) {
  const silence = new AbortController();
  let most = first_token_ms;
  let timer = wait();
  function wait() {
    return setTimeout(() => silence.abort(tooSilent(most)), most);
  }
  return {
    signal: silence.signal,
    alive: () => void timer.refresh(),
    writes() {
      if (most === silence_ms) return;
      most = silence_ms;
      clearTimeout(timer);
      timer = wait();
    },
    end: () => clearTimeout(timer),
  };
}

function tooSilent(most_ms: number): ModelError {
  return new ModelError('ModelTimeout', `The model sent nothing for ${most_ms / 1_000} s.`);
}

/** Disables the client's timeout: the watch above decides when to give up. */
const NEVER_MS = 2 ** 31 - 1;

/** The built-in fetch gives up after five minutes of silence, which only a custom dispatcher changes. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

const fetchPatiently = ((url: string, init: object) =>
  fetchByUndici(url, { ...init, dispatcher: patient })) as unknown as Fetch;

class Client extends OpenAI {
  /** Reads errors in other forms: Google wraps an error in a list, and a proxy answers with a page. */
  protected override makeStatusError(
    status: number,
    error: object,
    message: string | undefined,
    headers: Headers,
  ) {
    const [first] = Array.isArray(error) ? (error as object[]) : [error];
    const type = headers.get('content-type')?.split(';')[0];
    const page = message && `${quoted(message)}${type === undefined ? '' : ` (${type})`}`;
    const why = whyRefused(error);
    if (why !== undefined) {
      const told = { error: { message: `The server's error ${why}.` } };
      return super.makeStatusError(status, told, undefined, headers);
    }
    return super.makeStatusError(status, first ?? error, page, headers);
  }
}
