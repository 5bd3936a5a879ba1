/** The types of the client, as a page uses them: compiled with the sources, and with the installed package for a browser. */
import { type AgentMessage, APIError, type CallState, Meanwhile } from 'meanwhile/client';

const meanwhile = new Meanwhile({
  apiKey: 'key',
  baseURL: 'https://agents.example.com',
  maxRetries: 5,
  timeout: 10_000,
  fetch: globalThis.fetch,
});

export async function talk(show: (text: string) => void, signal: AbortSignal): Promise<void> {
  const conversation = await meanwhile.conversations.create({
    agent: 'helper',
    metadata: { page: 1 },
    message: { text: 'Hello' },
  });
  for await (const item of conversation.follow({ signal, onConnection: (c) => show(c.status) })) {
    const { messages, open, approvals, reply, limit } = conversation.state();
    const running: readonly CallState[] = open;
    const live: AgentMessage | undefined = reply;
    show(`${messages.length} ${running.length} ${live?.text} ${limit?.limit}`);
    for (const call of approvals) await conversation.approve(call.id, { author: 'ann' });
    if (item.type === 'entry' && item.data.kind === 'call.requested') show(item.data.tool);
    // @ts-expect-error only some entries have a tool
    if (item.type === 'entry') show(item.data.tool);
  }
  try {
    const { message_id } = await conversation.send({ text: 'Later', when_busy: 'queue' });
    show(message_id);
  } catch (error) {
    if (error instanceof APIError) show(`${error.status} ${error.code} ${error.requestId}`);
  }
  // @ts-expect-error when_busy has four values
  await conversation.send({ text: 'Later', when_busy: 'later' });
  // @ts-expect-error a message has a text
  await conversation.send({});
  // @ts-expect-error a decision names its call
  await conversation.approve();
}

// @ts-expect-error a key is a string
export const wrong = new Meanwhile({ apiKey: 7 });
