/** Conversations that follow the rules, without Temporal: the test plays the model and the tools, and the store has the log. */
import type { Decided } from '../../api/gateway.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type {
  AcknowledgeSignal,
  AnswerCall,
  CancelCallSignal,
  CloseSignal,
  ConversationStart,
  DecideCall,
  DeliverSignal,
  InterruptSignal,
  MessageSignal,
  RecordCallsSignal,
  RequestCallSignal,
} from '../../contract/signals.ts';
import { refuseDecision } from '../../conversation/approvals.ts';
import { refuseAnswer } from '../../conversation/questions.ts';
import { headOf } from '../../conversation/head.ts';
import { newConversation } from '../../conversation/state.ts';
import type { Store } from '../../store/store.ts';
import type { Bus } from '../../stream/bus.ts';
import { FakeGateway } from './fake-gateway.ts';
import { Story } from './story.ts';

export class PlayedGateway extends FakeGateway {
  readonly #stories = new Map<
    string,
    { key: ConversationKey; story: Story; written: number; tasks: number }
  >();
  readonly #store: Store;
  readonly #bus: Bus;

  constructor(store: Store, bus: Bus) {
    super();
    this.#store = store;
    this.#bus = bus;
  }

  /** Lets something happen in a conversation, and writes what came of it. Without an id: in the newest. */
  async play(act: (story: Story) => void, id?: string): Promise<void> {
    const found = id === undefined ? [...this.#stories.values()].at(-1) : this.#stories.get(id);
    if (!found) throw new Error('There is no such conversation.');
    const { key, story, written } = found;
    act(story);
    // Nothing is under way outside, so a close that has begun is finished at once.
    if (story.state.turn.phase === 'closing') story.happens({ type: 'settled' });
    const entries = story.log.slice(written);
    found.written = story.log.length;
    found.tasks += 1;
    await this.#store.record({
      conversation: key,
      fence: { run: 1, length: found.tasks, at: 0 },
      base: written + 1,
      entries,
      head: headOf(story.state),
    });
    this.#bus.publish(key, { type: 'poke' });
  }

  override async start(start: ConversationStart, message?: MessageSignal) {
    await super.start(start, message);
    const { conversation: key, limits } = start;
    if (this.#stories.has(key.id)) return;
    const story = new Story(limits);
    if (start.replies) story.state = newConversation(start.agent, limits, start.replies);
    this.#stories.set(key.id, { key, story, written: 0, tasks: 0 });
    if (message) await this.play((story) => story.happens({ type: 'message', ...message }), key.id);
  }
  override async message(key: ConversationKey, message: MessageSignal) {
    return this.#signal(await super.message(key, message), key, (story) =>
      story.happens({ type: 'message', ...message }),
    );
  }
  override async interrupt(key: ConversationKey, interrupt: InterruptSignal) {
    return this.#signal(await super.interrupt(key, interrupt), key, (story) =>
      story.interrupt(interrupt),
    );
  }
  override async cancelCall(key: ConversationKey, cancel: CancelCallSignal) {
    return this.#signal(await super.cancelCall(key, cancel), key, (story) =>
      story.happens({ type: 'cancel_call', ...cancel }),
    );
  }
  override async requestCall(key: ConversationKey, request: RequestCallSignal) {
    return this.#signal(await super.requestCall(key, request), key, (story) =>
      story.happens({ type: 'request_call', ...request }),
    );
  }
  override async recordCalls(key: ConversationKey, record: RecordCallsSignal) {
    return this.#signal(await super.recordCalls(key, record), key, (story) =>
      story.happens({ type: 'record_calls', ...record }),
    );
  }
  override async deliver(key: ConversationKey, deliver: DeliverSignal) {
    return this.#signal(await super.deliver(key, deliver), key, (story) =>
      story.happens({ type: 'deliver', ...deliver }),
    );
  }
  override async acknowledge(key: ConversationKey, acknowledge: AcknowledgeSignal) {
    return this.#signal(await super.acknowledge(key, acknowledge), key, (story) =>
      story.happens({ type: 'acknowledge', ...acknowledge }),
    );
  }
  override async close(key: ConversationKey, close: CloseSignal) {
    const sent = await super.close(key, close);
    await this.#signal(sent, key, (story) => story.happens({ type: 'close', ...close }));
    this.running.delete(key.id);
    return sent;
  }
  override async decideCall(key: ConversationKey, decision: DecideCall): Promise<Decided> {
    const story = this.#stories.get(key.id)?.story;
    if (!story) return { outcome: 'not_running' };
    const refused = refuseDecision(story.state, decision);
    if (refused) {
      const outcome = refused.type === 'CallNotFound' ? 'not_found' : 'not_awaiting';
      return { outcome, message: refused.message };
    }
    await this.play((one) => one.happens({ type: 'decide_call', ...decision }), key.id);
    return { outcome: 'accepted' };
  }

  override async answerCall(key: ConversationKey, answer: AnswerCall): Promise<Decided> {
    const story = this.#stories.get(key.id)?.story;
    if (!story) return { outcome: 'not_running' };
    const refused = refuseAnswer(story.state, answer);
    if (refused) {
      const outcome = refused.type === 'CallNotFound' ? 'not_found' : 'not_awaiting';
      return { outcome, message: refused.message };
    }
    await this.play((one) => one.happens({ type: 'answer_call', ...answer }), key.id);
    return { outcome: 'accepted' };
  }

  async #signal<T>(sent: T, { id }: ConversationKey, act: (story: Story) => void): Promise<T> {
    if (sent === 'sent') await this.play(act, id);
    return sent;
  }
}
