/** The MCP endpoint: answers HTTP requests of both eras of the protocol, each on its own, and holds no state between them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { listen, listenMessage } from './listen.ts';
import {
  buildServer,
  clientOf,
  INTERNAL,
  type McpParts,
  needTasks,
  protocolErrorOf,
} from './server.ts';
import type { Caller } from './tool.ts';

export interface Endpoint {
  /**
   * Answers one request.
   * @param body as parsed; undefined if the request has none
   */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
    caller: Caller,
  ): Promise<void>;
  /** Ends the requests in flight. */
  close(): Promise<void>;
}

export function createEndpoint(parts: McpParts): Endpoint {
  const handler = createMcpHandler(
    ({ era, authInfo }) => buildServer(parts, era, authInfo!.extra as unknown as Caller),
    { onerror: () => {} },
  );

  async function fetch(request: Request, body: unknown, caller: Caller): Promise<Response> {
    // The SDK passes this to the server that is built for the request, and does not interpret it.
    const authInfo = {
      token: '',
      clientId: caller.tenant,
      scopes: [],
      extra: caller as unknown as Record<string, unknown>,
    };
    const response = await handler.fetch(request, {
      authInfo,
      ...(body !== undefined && { parsedBody: body }),
    });
    const message = listenMessage.safeParse(body);
    if (!message.success || !isStream(response)) return response;
    // The SDK has checked the headers and the envelope. Its stream is replaced by ours.
    await response.body?.cancel();
    const { notifications, _meta } = message.data.params;
    const client = clientOf(_meta);
    try {
      if (notifications.taskIds) needTasks(client);
      return await listen(
        { ...parts, server: { name: parts.name, version: parts.version } },
        message.data,
        { ...caller, ...client, meta: {}, signal: request.signal },
      );
    } catch (error) {
      const { code, message: text, data } = protocolErrorOf(parts, error);
      return Response.json(
        { jsonrpc: '2.0', id: message.data.id, error: { code, message: text, data } },
        { status: code === INTERNAL ? 500 : 400 },
      );
    }
  }

  return {
    serve: (request, response, body, caller) =>
      toNodeHandler({ fetch: (made) => fetch(made, body, caller) }, { onerror: parts.onFault })(
        request,
        response,
        body,
      ),
    close: () => handler.close(),
  };
}

const isStream = (response: Response) =>
  response.ok && response.headers.get('content-type')?.includes('text/event-stream') === true;
