/** The demo's scenario: the agent answers while its tool runs, and reports news unprompted. */
import { isCallEnd } from '../../contract/call-ends.ts';
import type { Meanwhile } from '../../client/meanwhile.ts';
import type { EntryOf } from '../../contract/entry.ts';
import { type Watcher, watch } from '../../client/watch.ts';
import { createTranscript } from './transcript.ts';

/**
 * Plays the scenario against a running service, printing it as it happens.
 * @returns what was observed, a sentence each
 * @throws Error naming the first expectation that was not met
 */
export async function playScenario(
  client: Meanwhile,
  print: (text: string) => void,
): Promise<string[]> {
  const text = 'run the installer and update me every 25%';
  const conversation = await client.conversations.create({ message: { text } });
  const transcript = createTranscript(print);
  const log = watch(client, conversation.id, transcript.show);
  const say = (words: string) => conversation.send(words);
  const seen: string[] = [];
  try {
    const alpha = await started(log, 'alpha', 1);
    await say('what is a signal in Temporal?');
    const answer = await answerTo(log, /what is a signal/);
    assert(!endOf(log, alpha), 'the question is answered while alpha is being installed');
    seen.push(`a question was answered while ${alpha} ran (${answer.reply_id})`);

    for (const percent of [25, 50]) seen.push(await toldUnprompted(log, alpha, percent));
    await say('How far is it?');
    const howFar = await answerTo(log, /how far/i);
    const told = Number(/(\d+)\s*%/.exec(howFar.text)?.[1]);
    assert(
      told >= 50 && told < 100,
      `"how far" is answered with the current percentage, not with "${howFar.text}"`,
    );
    seen.push(`"How far is it?" was answered with ${told} % (${howFar.reply_id})`);
    for (const percent of [75, 100]) seen.push(await toldUnprompted(log, alpha, percent));

    await say('run the installer again and update me every 25%');
    const again = await started(log, 'alpha', 2);
    seen.push(await toldUnprompted(log, again, 25));
    await say('Cancel it and install beta instead');
    const beta = await started(log, 'beta', 1);
    await log.until(`${again} is cancelled`, () => endOf(log, again)?.kind === 'call.cancelled');
    seen.push(`${again} was cancelled, and ${beta} started instead`);
    for (const percent of [25, 50, 75, 100]) seen.push(await toldUnprompted(log, beta, percent));

    const late = log.entries.filter(
      (e) => e.kind === 'call.event' && e.call_id === again && e.seq > endOf(log, again)!.seq,
    );
    assert(late.length === 0, 'the cancelled call reports nothing after its end');
    assert(
      log.entries.every(({ seq }, i) => seq === i + 1),
      'the log has no gap and no repeat',
    );
    return seen;
  } finally {
    await log.close();
    transcript.end();
  }
}

/** Waits until the nth call that installs the package runs. @returns its id */
function started(log: Watcher, name: string, nth: number): Promise<string> {
  return log.until(`${name} is being installed`, () => {
    const calls = log.of('call.requested').filter(({ tool, input }) => {
      return tool === 'run_installer' && (input as { package: string }).package === name;
    });
    const call = calls[nth - 1];
    return call && log.of('call.started').some(({ call_id }) => call_id === call.call_id)
      ? call.call_id
      : undefined;
  });
}

/** Waits for the completed reply to the last message that matches. */
function answerTo(log: Watcher, words: RegExp): Promise<EntryOf<'reply.completed'>> {
  return log.until(`${words} is answered`, () => {
    const message = log.of('message.user').findLast(({ text }) => words.test(text));
    const reply =
      message && log.of('reply.started').find(({ cause }) => cause.includes(message.seq));
    return reply && log.of('reply.completed').find(({ reply_id }) => reply_id === reply.reply_id);
  });
}

/** Waits until the agent has told this progress in a turn that no message caused. @returns a sentence that says so */
function toldUnprompted(log: Watcher, callId: string, percent: number): Promise<string> {
  return log.until(`the agent speaks at ${percent} % of ${callId}`, () => {
    const news = log.entries.find((entry) =>
      percent === 100
        ? entry.kind === 'call.completed' && entry.call_id === callId
        : entry.kind === 'call.event' &&
          entry.call_id === callId &&
          entry.percent !== undefined &&
          entry.percent >= percent,
    );
    const receipt = news && log.of('receipt').find(({ of }) => of.includes(news.seq));
    if (!receipt) return undefined;
    const reply = log.of('reply.started').find(({ reply_id }) => reply_id === receipt.reply_id);
    const what = `${receipt.reply_id} told ${percent} % of ${callId}`;
    assert(receipt.fate === 'spoken', `${what}, but its fate is ${receipt.fate}`);
    assert(reply?.because === 'news', `${what}, but because of a ${reply?.because}`);
    return `${what} unprompted`;
  });
}

function endOf(log: Watcher, callId: string) {
  return log.entries.find((entry) => isCallEnd(entry) && entry.call_id === callId);
}

function assert(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`This did not happen: ${expected}.`);
}
