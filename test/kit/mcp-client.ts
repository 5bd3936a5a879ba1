/** An MCP client of 2026-07-28 that shows what is on the wire. For tests. */
import { createParser } from 'eventsource-parser';

export interface McpMessage {
  id?: number;
  method?: string;
  params?: any;
  result?: any;
  error?: { code: number; message: string; data?: any };
}

export interface McpTestClient {
  /** @throws the JSON-RPC error */
  request(method: string, params?: object, options?: RequestOptions): Promise<any>;
  call(name: string, input?: object, options?: RequestOptions): Promise<any>;
  /** Polls until the task is not `working`. */
  ended(taskId: string): Promise<any>;
  /** Every message of a stream, as it comes. */
  open(
    method: string,
    params: object,
    options?: RequestOptions,
  ): AsyncGenerator<McpMessage, void, void>;
}

interface RequestOptions {
  headers?: Record<string, string>;
  meta?: object;
  signal?: AbortSignal;
  onNotification?: (message: McpMessage) => void;
}

export class RpcError extends Error {
  readonly code: number;
  readonly data: any;
  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const TASKS = 'io.modelcontextprotocol/tasks';
const VERSION = '2026-07-28';

export function createMcpTestClient(
  url: string,
  {
    tasks = true,
    elicits = true,
    path = '/mcp',
    key,
  }: { tasks?: boolean; elicits?: boolean; path?: string; key?: string } = {},
): McpTestClient {
  let id = 0;
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      ...(elicits && { elicitation: { form: {} } }),
      ...(tasks && { extensions: { [TASKS]: {} } }),
    },
  };

  async function* open(
    method: string,
    params: object,
    { headers = {}, meta = {}, signal }: RequestOptions = {},
  ): AsyncGenerator<McpMessage, void, void> {
    const { name, taskId, uri } = params as { name?: string; taskId?: string; uri?: string };
    const named = taskId ?? name ?? uri;
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': VERSION,
        'mcp-method': method,
        ...(named !== undefined && { 'mcp-name': named }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: ++id,
        method,
        params: { ...params, _meta: { ...envelope, ...meta } },
      }),
      ...(signal && { signal }),
    });
    if (!response.headers.get('content-type')?.includes('event-stream')) {
      yield (await response.json()) as McpMessage;
      return;
    }
    const messages: McpMessage[] = [];
    const parser = createParser({ onEvent: ({ data }) => messages.push(JSON.parse(data)) });
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      parser.feed(chunk);
      yield* messages.splice(0);
    }
  }

  const client: McpTestClient = {
    open,
    async request(method, params = {}, options = {}) {
      for await (const message of open(method, params, options)) {
        if (message.error) throw new RpcError(message.error);
        if (message.result) return message.result;
        options.onNotification?.(message);
      }
      throw new Error(`${method} was not answered.`);
    },
    call: (name, input = {}, options) =>
      client.request('tools/call', { name, arguments: input }, options),
    async ended(taskId) {
      for (;;) {
        const task = await client.request('tasks/get', { taskId });
        if (task.status !== 'working') return task;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
  return client;
}
