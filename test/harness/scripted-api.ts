/** The server of a scripted model, whichever API it speaks: see script.ts. */
import type { ServerResponse } from 'node:http';
import { startHttpServer } from '../kit/http-server.ts';
import type { ScriptedApi } from './script.ts';

export interface ApiRequest<Body> {
  body: Body;
  response: ServerResponse;
  /** Number of the request, from 1. */
  n: number;
}

export interface ApiScript<Body> {
  /** Where the model is asked. */
  path: RegExp;
  /** What the model was given since it last spoke. */
  newsIn(body: Body): string;
  /** Names of the tools that it may use. */
  toolsIn(body: Body): string[];
  answer(asked: ApiRequest<Body>, news: string): void;
  /** Anything else that a harness asks. Default: 404. */
  others?(url: string): object | undefined;
}

export async function startScriptedApi<Body>(script: ApiScript<Body>): Promise<ScriptedApi> {
  const heard: string[] = [];
  let offered: string[] = [];
  const { url, close } = await startHttpServer((response, _, { method, url: path, body }) => {
    const other = script.others?.(path);
    if (other || method !== 'POST' || !script.path.test(path)) {
      response.writeHead(other ? 200 : 404, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(other ?? {}));
    }
    const asked = body as Body;
    const news = script.newsIn(asked);
    offered = script.toolsIn(asked);
    script.answer({ body: asked, response, n: heard.push(news) }, news);
  });
  return {
    url,
    heard,
    get offered() {
      return offered;
    },
    close,
  };
}

/** Begins a stream. @returns writes an event */
export function eventStream(response: ServerResponse): (data: object, type?: string) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (data, type) =>
    void response.write(
      `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`,
    );
}
