/** A conversation that a scenario plays: the user's lines, and what the tools bring. It waits for what the log says, never for a time. */
import { randomInt } from 'node:crypto';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { watch } from '../../client/watch.ts';
import { isSettled } from './settled.ts';
import type { Steering } from './steering.ts';
import { wordsIn } from '../../examples/facts.ts';
import type { AskedQuestion, Played } from './played.ts';
import { type EvalCall, callsIn } from './requests.ts';

export interface PlayedConversation {
  readonly id: string;
  /** The user writes and waits for the answer, and until what the agent asked for has begun. */
  say(text: string): Promise<void>;
  /** As `say`, with a question whose answer is checked. Where it has none, any words will do. */
  ask(question: { text: string; answer?: string }): Promise<void>;
  /** The user writes and waits only until the agent has been asked for a reply. */
  begin(text: string): Promise<void>;
  /** The user writes and waits only for the first words of the answer, or for its end. */
  beginToHear(text: string): Promise<void>;
  /** @throws NotPlayed where the agent has no such call that runs or waits for room */
  call(tool: string, subject: string): SteeredCall;
  /** Resolves when the agent has been told all that calls have brought. */
  heard(): Promise<void>;
  callsOff(subject: string): void;
  /** The user hears nothing of results before the next one is there. */
  holdsUntilNow(): void;
  played(): Played;
  /** Closes the conversation in the service too. */
  close(): Promise<void>;
}

export interface SteeredCall {
  /** Brings one result with a new reference, which belongs to the name, by default the call's subject. Resolves when it stands in the log. */
  result(name?: string): Promise<void>;
  /** As `result`, and nothing more comes. */
  end(name?: string): Promise<void>;
}

/** The agent has not done what the script needs to go on. */
export class NotPlayed extends Error {
  override name = 'NotPlayed';
}

export interface EvalContext {
  client: Meanwhile;
  steering: Steering;
  /** How long one thing may take that a model has to do. Milliseconds. */
  patience_ms: number;
}

/** @param about names and subjects as in played.ts */
export async function converse(
  { client, steering, patience_ms }: EvalContext,
  { names, subjects }: Pick<Played, 'names' | 'subjects'>,
): Promise<PlayedConversation> {
  const { id } = await client.post('/v1/conversations', { agent: 'buyer' });
  const path = `/v1/conversations/${id}`;
  const speaking = new Set<string>();
  const log = watch(client, id, (item) => {
    if (item.type === 'delta') speaking.add(item.data.reply_id);
  });
  const state: Omit<Played, 'entries'> = {
    results: [],
    names,
    subjects,
    questions: [],
    calledOff: [],
  };

  async function until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
    const failed = () => log.of('reply.failed')[0];
    const found = await log
      .until(what, () => failed() ?? probe(), patience_ms)
      .catch((error: Error) => {
        throw new NotPlayed(error.message);
      });
    const failure = failed();
    if (failure) throw new NotPlayed(`The model failed: ${failure.error.message}`);
    return found as T;
  }

  /** @returns the seq of the message */
  async function write(text: string): Promise<number> {
    const { message_id } = await client.post(`${path}/messages`, { text });
    const message = await until('the message is in the log', () =>
      log.of('message.user').find((entry) => entry.message_id === message_id),
    );
    return message.seq;
  }

  /** Entries that were written together come one by one, so what the service has is awaited before it is believed. */
  async function settle(): Promise<void> {
    do {
      await until('the agent has answered', () => isSettled(log.entries));
      const { last_seq } = await client.get<{ last_seq: number }>(path);
      await until(`entry ${last_seq} is here`, () => (log.entries.at(-1)?.seq ?? 0) >= last_seq);
    } while (!isSettled(log.entries));
  }

  const replyTo = (seq: number) =>
    log.of('reply.started').findLast(({ cause }) => cause.includes(seq));

  function lastWords(): string {
    const last = wordsIn(log.entries).at(-1);
    return last ? `Its last words: "${last.text}"` : 'It has said nothing.';
  }

  function steer({ call_id }: EvalCall, subject: string): SteeredCall {
    async function bring(type: 'result' | 'end', name: string): Promise<void> {
      const code = `KX-${randomInt(1_000, 10_000)}`;
      const field = subject === name ? 'item' : 'supplier';
      steering.send(call_id, { type, data: { [field]: name, reference: code } });
      const { seq } = await until(`${code} is in the log`, () =>
        log.entries.find(
          (entry) =>
            (entry.kind === 'call.event' || entry.kind === 'call.completed') &&
            JSON.stringify(entry).includes(code),
        ),
      );
      state.results.push({ code, name, seq });
    }
    return {
      result: (name = subject) => bring('result', name),
      end: (name = subject) => bring('end', name),
    };
  }

  async function ask(question: Omit<AskedQuestion, 'seq'>): Promise<void> {
    state.questions.push({ seq: await write(question.text), ...question });
    await settle();
  }

  return {
    id,
    ask,
    async say(text) {
      await write(text);
      await settle();
    },
    async begin(text) {
      const seq = await write(text);
      await until('a reply begins', () => replyTo(seq));
    },
    async beginToHear(text) {
      const seq = await write(text);
      await until('the agent speaks', () => {
        const reply = replyTo(seq);
        return reply && (speaking.has(reply.reply_id) || isSettled(log.entries));
      });
    },
    call(tool, subject) {
      const call = callsIn(log.entries, subjects).findLast(
        (each) => each.tool === tool && each.subject === subject && each.released && !each.over,
      );
      if (!call)
        throw new NotPlayed(`The agent has not called ${tool} for ${subject}. ${lastWords()}`);
      return steer(call, subject);
    },
    async heard() {
      await until('the agent has been told what calls brought', () => {
        const told = new Set(log.of('receipt').flatMap(({ of }) => of));
        return state.results.every(({ seq }) => told.has(seq));
      });
      await settle();
    },
    callsOff: (subject) => void state.calledOff.push(subject),
    holdsUntilNow() {
      state.heldUntil = state.results.at(-1)?.seq;
    },
    played: () => ({ ...state, entries: [...log.entries] }),
    async close() {
      await client.post(`${path}/close`);
      await log.close();
    },
  };
}
