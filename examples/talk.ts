/** The conversation that an example plays. */
import type { Conversation } from '../client/conversation.ts';
import type { StreamItem } from '../client/stream.ts';
import type { Watcher } from '../client/watch.ts';
import { CANCEL_TOOL } from '../contract/names.ts';

export interface DemoTalk {
  conversation: Conversation;
  log: Watcher;
  /** Resolves when the message is in the log. */
  say(text: string): Promise<void>;
  /** Sends a message and waits for the complete answer. */
  ask(text: string): Promise<string>;
  /** Sends a message and waits for the first words of the answer, or for its end. */
  awaitFirstWords(text: string): Promise<void>;
  /** Resolves once the probe finds something in the log, and throws when the model fails. */
  until<T>(what: string, probe: () => T | undefined | false): Promise<T>;
  /** Resolves when the agent was told everything that calls have brought, and has answered. */
  told(): Promise<void>;
  /** Resolves once a call of this tool shows live progress, so that the program behind it is known to run. */
  showsProgress(tool: string): Promise<void>;
}

export function createTalk(
  { conversation, log }: Pick<DemoTalk, 'conversation' | 'log'>,
  { patience_ms }: { patience_ms: number },
): DemoTalk & { receive(item: StreamItem): void } {
  const speaking = new Set<string>();
  const reported = new Set<string>();

  async function until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
    const failed = () => log.of('reply.failed').at(-1);
    const found = await log.until(what, () => failed() ?? probe(), patience_ms);
    const failure = failed();
    if (failure) throw new Error(`The model failed: ${failure.error.message}`);
    return found as T;
  }

  async function write(text: string): Promise<number> {
    const { message_id } = await conversation.send(text);
    const message = await until('the message is in the log', () =>
      log.of('message.user').find((entry) => entry.message_id === message_id),
    );
    return message.seq;
  }

  const repliesTo = (seq: number) =>
    log.of('reply.started').filter(({ cause }) => cause.includes(seq));
  const endOf = ({ reply_id }: { reply_id: string }) =>
    log.of('reply.completed').find((entry) => entry.reply_id === reply_id);

  const toolOf = (id: string) =>
    log.of('call.requested').find(({ call_id }) => call_id === id)?.tool;

  return {
    conversation,
    log,
    until,
    receive(item) {
      if (item.type === 'delta') speaking.add(item.data.reply_id);
      if (item.type === 'progress') reported.add(item.data.call_id);
    },
    async say(text) {
      await write(text);
    },
    async ask(text) {
      const seq = await write(text);
      const { text: answer } = await until(`"${text}" is answered`, () =>
        repliesTo(seq).map(endOf).find(Boolean),
      );
      return answer;
    },
    async awaitFirstWords(text) {
      const seq = await write(text);
      await until('the agent speaks', () =>
        repliesTo(seq).some((reply) => speaking.has(reply.reply_id) || endOf(reply)),
      );
    },
    async told() {
      await until('the agent was told everything', () => {
        const told = new Set(log.of('receipt').flatMap(({ of }) => of));
        const brought = log.entries.filter(
          (entry) =>
            (entry.kind === 'call.event' && entry.schedule !== 'silent') ||
            // The conversation itself cancels calls, in the turn that asks for it.
            (entry.kind === 'call.completed' && toolOf(entry.call_id) !== CANCEL_TOOL) ||
            entry.kind === 'call.failed',
        );
        return brought.every(({ seq }) => told.has(seq));
      });
    },
    async showsProgress(tool) {
      await until(`${tool} shows progress`, () => [...reported].some((id) => toolOf(id) === tool));
    },
  };
}
