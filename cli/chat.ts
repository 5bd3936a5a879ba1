/** `meanwhile chat`: talks to an agent of the running service, on a terminal or through pipes. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Conversation, Meanwhile } from '../client/index.ts';
import { DEFAULT_AGENT } from '../contract/http.ts';
import { conversationWorkflowId, DEFAULT_TENANT } from '../contract/names.ts';
import { serviceUrl } from '../contract/service-url.ts';
import { reactForProduction, type Settings } from '../config.ts';
import type { ChatOptions } from './arguments.ts';
import type { ChatContext } from './chat/act.ts';
import { itemAsLine, runPlain } from './chat/plain.ts';
import { createSession } from './chat/session.ts';
import { failedRequest } from './failed-request.ts';
import { openInBrowser } from './open-in-browser.ts';
import { printTurn } from './print-turn.ts';
import { report } from './run-service.ts';
import { readRecord } from './temporal/record.ts';

/** Exit code 1 if no service answers, there is no such conversation or agent, a message was not sent, or the conversation can no longer be followed. */
export async function chat(settings: Settings, given: ChatOptions): Promise<void> {
  const url = (given.url ?? serviceUrl(settings.HOST, settings.PORT)).replace(/\/+$/, '');
  const key = given.key ?? settings.MEANWHILE_API_KEY;
  const client = new Meanwhile({ baseURL: url, ...(key !== undefined && { apiKey: key }) });
  try {
    const resume = await findTarget(client, given);
    await talk(client, { settings, url, resume, given });
  } catch (error) {
    report(failedRequest(error, url, 'name another with --url'));
  }
  // Aborted requests may hold sockets open.
  process.exit();
}

type Resume = { conversation: Conversation; last_seq: number } | undefined;

/**
 * The conversation to continue; undefined for a new one. Fails early if the service or what the arguments name does not exist.
 * @throws Error if there is no such agent; APIError
 */
async function findTarget(client: Meanwhile, { id, agent }: ChatOptions): Promise<Resume> {
  if (id !== undefined) {
    const conversation = client.conversations.open(id);
    const { last_seq } = await conversation.head();
    return { conversation, last_seq };
  }
  const { agents } = await client.agents();
  const names = agents.map(({ name }) => name);
  if (agent === undefined || names.includes(agent)) return undefined;
  throw new Error(`There is no agent "${agent}", only: ${names.join(', ')}.`);
}

interface Talk {
  settings: Settings;
  url: string;
  resume: Resume;
  given: ChatOptions;
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
  const context = {
    session,
    printTurn,
    author: userInfo().username,
    open: (id: string) => open(id, url, settings, isTerminal),
  };
  if (isTerminal) {
    reactForProduction();
    const { runScreen } = await import('./chat/run-screen.ts');
    await runScreen({ ...context, url, agent: agent ?? DEFAULT_AGENT });
  } else {
    await pipe(context, print, json);
  }
  session.close();
  const unsent = session.view().unsent.filter(({ accepted }) => accepted === undefined);
  for (const { text } of unsent) console.error(`Not sent: ${text}`);
  if (unsent.length > 0) process.exitCode = 1;
  if (isTerminal && session.id !== undefined) {
    console.log(`The conversation goes on. To return: meanwhile chat ${session.id}`);
  }
}

async function pipe(
  context: Omit<ChatContext, 'quit'>,
  print: (line: string) => void,
  json: boolean,
): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  // The reader of the output may close it, as `head` does.
  process.stdout.on('error', stop);
  const input = createInterface({ input: process.stdin });
  stopping.signal.addEventListener('abort', () => input.close());
  const note = (line: string) => console.error(line);
  const { signal } = stopping;
  await runPlain({ ...context, lines: input, print, note, json, signal, quit: stop });
}

/** The URL of the page, and that of the Temporal UI if a service of this home has started its server. */
async function open(id: string, url: string, settings: Settings, browse: boolean) {
  const page = `${url}/#/${encodeURIComponent(id)}`;
  const record = await readRecord(resolve(settings.MEANWHILE_HOME));
  const isOurs = record !== undefined && url === serviceUrl(settings.HOST, settings.PORT);
  const workflow = encodeURIComponent(conversationWorkflowId({ tenant: DEFAULT_TENANT, id }));
  const ui = `http://127.0.0.1:${record?.uiPort}/namespaces/${settings.TEMPORAL_NAMESPACE}/workflows/${workflow}`;
  if (browse) openInBrowser(page);
  return [`Page: ${page}`, ...(isOurs ? [`Temporal UI: ${ui}`] : [])];
}
