/**
 * Answers of model servers as data, and what each means. Those of the tables are written by hand, with short forms for what every answer
 * has; those in `recorded/` are what a server really sent (record.ts).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ModelApi } from '../../model/message.ts';

export interface Fixture {
  name: string;
  api: ModelApi;
  status: number;
  headers: Record<string, string>;
  /** As they came: texts of the body, cut where the network cut them. */
  chunks: string[];
  expect: Expected;
}

/** What is not said here is not looked at, but for an error, which is expected only where it is named. */
export interface Expected {
  /** What a reader hears, piece by piece put together. */
  text?: string;
  /** What was said in the end, where that is less. */
  said?: string;
  /** Names and arguments. Default: none. */
  calls?: [string, string][];
  /** What a failed request cost even so. `null`: nothing. */
  usage?: { input_tokens: number; output_tokens: number } | null;
  estimated?: true;
  /** What is kept with the first call. */
  attached?: object | null;
  /** Type of the failure, a pattern of its message, whether and when it is asked again. */
  error?: string;
  message?: string;
  again?: boolean;
  retry_ms?: number;
}

/**
 * In the tables an event is one of these, or the JSON of an event itself; `repeat` sends it that many times.
 * `delta`, `finish`, `usage`: chunks of Chat Completions. `completed`: the last event of a response, with its output. `json`: as it is.
 */
type Short = 'done' | (Record<string, unknown> & { repeat?: number });

interface Written {
  name: string;
  status?: number;
  headers?: Record<string, string>;
  events?: Short[];
  raw?: string;
  expect: Expected;
}

const folder = import.meta.dirname;

export function allFixtures(): Fixture[] {
  return [...table('chat'), ...table('responses'), ...recorded()];
}

function table(api: ModelApi): Fixture[] {
  const written = parse(readFileSync(join(folder, `${api}.yaml`), 'utf8')) as Written[];
  return written.map(({ name, status = 200, headers, events = [], raw, expect }) => ({
    name,
    api,
    status,
    headers: {
      'content-type': status === 200 ? 'text/event-stream' : 'application/json',
      ...headers,
    },
    chunks: raw === undefined ? events.flatMap(frames) : [raw],
    expect,
  }));
}

function recorded(): Fixture[] {
  const recordings = join(folder, 'recorded');
  if (!existsSync(recordings)) return [];
  const files = readdirSync(recordings).filter((file) => file.endsWith('.json'));
  return files.toSorted().map((file) => {
    const { name, api, response, expect } = JSON.parse(
      readFileSync(join(recordings, file), 'utf8'),
    ) as Pick<Fixture, 'name' | 'api' | 'expect'> & { response: Omit<Fixture, 'name' | 'api'> };
    return { ...response, name, api, expect };
  });
}

function frames(event: Short): string[] {
  if (event === 'done') return ['data: [DONE]\n\n'];
  const { repeat = 1, ...short } = event;
  const json = whole(short);
  const name = typeof json.type === 'string' ? `event: ${json.type}\n` : '';
  return Array.from({ length: repeat }, () => `${name}data: ${JSON.stringify(json)}\n\n`);
}

function whole(short: Record<string, unknown>): Record<string, unknown> {
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const choice = (more: object) => ({
    ...chunk,
    choices: [{ index: 0, finish_reason: null, ...more }],
  });
  if ('type' in short) return short;
  if ('json' in short) return short.json as Record<string, unknown>;
  if ('delta' in short) return choice({ delta: short.delta });
  if ('finish' in short) return choice({ delta: {}, finish_reason: short.finish });
  if ('usage' in short) {
    const [prompt_tokens, completion_tokens] = short.usage as number[];
    return { ...chunk, choices: [], usage: { prompt_tokens, completion_tokens } };
  }
  if ('completed' in short) {
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    const response = {
      id: 'r',
      object: 'response',
      status: 'completed',
      output: short.completed,
      usage,
    };
    return { type: 'response.completed', response };
  }
  return short;
}
