/** `meanwhile chat`: talks to an agent of the running service, on a terminal or through pipes. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { APIConnectionError, APIError, type Conversation, Meanwhile } from '../client/index.ts';
import { DEFAULT_AGENT } from '../contract/http.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../contract/names.ts';
import { reactForProduction, type Settings } from '../config.ts';
import { itemAsLine, runPlain } from './chat/plain.ts';
import { createSession, reasonOf } from './chat/session.ts';
import { openInBrowser } from './open-in-browser.ts';
import { printTurn } from './print-turn.ts';
import { report } from './run-service.ts';
import { serviceUrl } from './service-url.ts';
import { readRecord } from './temporal/record.ts';

export interface ChatArguments {
  /** Id of the conversation to continue. Default: a new one. */
  id?: string;
  url?: string;
  key?: string;
  agent?: string;
  json?: boolean;
}

/** Exit code 1 when no service answers, there is no such conversation or agent, or the conversation can no longer be followed. */
export async function chat(settings: Settings, given: ChatArguments): Promise<void> {
  const url = (given.url ?? serviceUrl(settings)).replace(/\/+$/, '');
  const key = given.key ?? settings.MEANWHILE_API_KEY;
  const client = new Meanwhile({ baseURL: url, ...(key !== undefined && { apiKey: key }) });
  try {
    const resume = await meet(client, url, given);
    await talk(client, { settings, url, resume, given });
  } catch (error) {
    report(error instanceof APIError ? new Error(reasonOf(error), { cause: error }) : error);
  }
  // Requests that were given up may hold sockets open.
  process.exit();
}

type Resume = { conversation: Conversation; last_seq: number } | undefined;

/**
 * Makes sure of the service, and of what the arguments name.
 * @throws Error whose message says what to do
 */
async function meet(client: Meanwhile, url: string, { id, agent }: ChatArguments): Promise<Resume> {
  try {
    if (id !== undefined) {
      const conversation = client.conversations.open(id);
      const { last_seq } = await conversation.head();
      return { conversation, last_seq };
    }
    const { agents } = await client.get<{ agents: { name: string }[] }>('/v1/agents');
    const names = agents.map(({ name }) => name);
    if (agent === undefined || names.includes(agent)) return undefined;
    throw new Error(`There is no agent "${agent}", only: ${names.join(', ')}.`);
  } catch (error) {
    if (error instanceof APIConnectionError) {
      throw new Error(
        `No service answers at ${url}. Start one with \`meanwhile start\`, or name another with --url.`,
        { cause: error },
      );
    }
    if (error instanceof APIError && error.problem?.code === undefined) {
      throw new Error(`What answers at ${url} is not Meanwhile.`, { cause: error });
    }
    throw error;
  }
}

interface Talk {
  settings: Settings;
  url: string;
  resume: Resume;
  given: ChatArguments;
}

async function talk(client: Meanwhile, { settings, url, resume, given }: Talk): Promise<void> {
  const { agent, json = false } = given;
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !json;
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const session = createSession({
    client,
    ...(resume && { resume }),
    ...(agent !== undefined && { agent }),
    ...(!isTerminal && { most_blocks: Infinity }),
    ...(json && {
      onItem: (item) => print(itemAsLine(item)),
      onBegin: (id) => print(JSON.stringify({ type: 'conversation', data: { id } })),
    }),
  });
  const around = {
    session,
    printTurn,
    author: userInfo().username,
    open: (id: string) => open(id, url, settings, isTerminal),
  };
  if (isTerminal) {
    reactForProduction();
    const { runScreen } = await import('./chat/run-screen.ts');
    await runScreen({ ...around, url, agent: agent ?? DEFAULT_AGENT });
  } else {
    await pipe(around, print, json);
  }
  session.close();
  const unsent = session.view().unsent.filter(({ accepted }) => accepted === undefined);
  for (const { text } of unsent) console.error(`Not sent: ${text}`);
  if (unsent.length > 0) process.exitCode = 1;
  if (isTerminal && session.id !== undefined) {
    console.log(`The conversation goes on. To return: meanwhile chat ${session.id}`);
  }
}

type Around = Omit<
  Parameters<typeof runPlain>[0],
  'quit' | 'lines' | 'print' | 'note' | 'json' | 'signal'
>;

async function pipe(around: Around, print: (line: string) => void, json: boolean): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  // The reader of our output may go away, as `head` does.
  process.stdout.on('error', stop);
  const input = createInterface({ input: process.stdin });
  stopping.signal.addEventListener('abort', () => input.close());
  const note = (line: string) => console.error(line);
  const { signal } = stopping;
  await runPlain({ ...around, lines: input, print, note, json, signal, quit: stop });
}

/** The page, and the Temporal UI where it is known: the server that a service of this home has started. */
async function open(id: string, url: string, settings: Settings, browse: boolean) {
  const page = `${url}/#/${encodeURIComponent(id)}`;
  const record = await readRecord(resolve(settings.MEANWHILE_HOME));
  const isOurs = record !== undefined && url === serviceUrl(settings);
  const workflow = encodeURIComponent(conversationWorkflowId({ tenant: DEFAULT_TENANT, id }));
  const ui = `http://127.0.0.1:${record?.uiPort}/namespaces/${settings.TEMPORAL_NAMESPACE}/workflows/${workflow}`;
  if (browse) openInBrowser(page);
  return [`Page: ${page}`, ...(isOurs ? [`Temporal UI: ${ui}`] : [])];
}
