/**
 * Codex's app-server: the schedule of the news selects the method (R5).
 *
 *   silent      thread/inject_items      the model reads it at its next turn
 *   when_idle   thread/queue/add         a turn when nobody is speaking
 *   interrupt   turn/steer               into the turn that runs; turn/start with toolOutput when none does
 */
import { connect, type Rpc, RefusedCall } from './json-rpc.ts';
import type { PushAdapter, PushedText } from './target.ts';

/** @param url of the app-server: ws://… */
export function createCodexAppServer(url: string): PushAdapter {
  return async (pushed, signal) => {
    const codex = await connect(url, signal);
    try {
      const capabilities = { experimentalApi: true };
      await codex.call('initialize', { clientInfo: CLIENT, capabilities });
      codex.notify('initialized');
      return await deliver(codex, pushed);
    } finally {
      codex.close();
    }
  };
}

const CLIENT = { name: 'meanwhile', title: 'Meanwhile', version: '1.0.0' };

async function deliver(codex: Rpc, pushed: PushedText): Promise<boolean> {
  const { thread: threadId, text, schedule, id } = pushed;
  const input = [{ type: 'text', text, text_elements: [] }];
  const queue = () =>
    codex.call('thread/queue/add', { threadId, input, clientUserMessageId: id }).then(() => true);
  switch (schedule) {
    case 'silent': {
      const items = [
        { type: 'function_call', call_id: id, name: TOOL, arguments: '{}' },
        { type: 'function_call_output', call_id: id, output: text },
      ];
      // A thread that is not loaded refuses it. The news then waits for the next turn.
      return orRefused(codex.call('thread/inject_items', { threadId, items }));
    }
    case 'when_idle':
      return queue();
    case 'interrupt': {
      const { status, turns } = await look(codex, threadId);
      const running = turns.findLast((turn) => turn.status === 'inProgress');
      if (running) {
        const steer = { threadId, input, expectedTurnId: running.id };
        // The turn may have ended in the meantime.
        return (await orRefused(codex.call('turn/steer', steer))) || queue();
      }
      if (status !== 'idle') return queue();
      const toolOutput = { name: TOOL, namespace: 'meanwhile', output: text };
      await codex.call('turn/start', { threadId, input: [], toolOutput });
      return true;
    }
  }
}

/** The news is shown as the output of this tool. */
const TOOL = 'next_results';

async function look(codex: Rpc, threadId: string): Promise<{ status: string; turns: Turn[] }> {
  const asked = { threadId, includeTurns: true };
  const { thread } = await codex.call<{ thread: CodexThread }>('thread/read', asked);
  return { status: thread.status.type, turns: thread.turns };
}

interface CodexThread {
  status: { type: string };
  turns: Turn[];
}

interface Turn {
  id: string;
  status: string;
}

async function orRefused(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (error instanceof RefusedCall) return false;
    throw error;
  }
}
