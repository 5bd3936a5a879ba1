import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Question } from '../../contract/question.ts';
import { Asks } from '../../tools/asks.ts';
import type { CallContext } from '../../tools/define.ts';
import { readSpool } from '../../tools/keeper/spool.ts';
import { readMcpFile } from '../../tools/mcp-spool.ts';
import {
  eraOf,
  hostRoot,
  playCall,
  type PlayedCall,
  type PlayOptions,
} from '../../test/kit/mcp/play-call.ts';
import {
  createLedger,
  oldServer,
  everything,
  startHttpServer,
  testServer,
} from '../../test/kit/mcp/servers.ts';

vi.setConfig({ testTimeout: 120_000 });

let modern: PlayOptions['era'];
beforeAll(async () => void (modern = await eraOf(testServer())));
const LEGACY = { kind: 'legacy' } as const;

type Answer = NonNullable<NonNullable<CallContext['resumes']>['answer']>;

/** A call that runs again with each answer, as its workflow does it. */
function asking(upstream: string, input: object, options: PlayOptions) {
  let earlier: Pick<PlayOptions, 'folder'> = {};
  const asked: Question[] = [];
  async function run(resumes?: CallContext['resumes']): Promise<PlayedCall> {
    const call = await playCall(upstream, input, {
      ...options,
      ...earlier,
      ...(resumes && { resumes }),
      yielded(step) {
        if (step.type === 'progress' && step.question) asked.push(step.question);
      },
    });
    earlier = { folder: call.folder };
    return call;
  }
  return {
    asked,
    run,
    /** Runs the call until it waits for a person. */
    async asks(resumes?: CallContext['resumes']) {
      const call = await run(resumes);
      const error = await call.end.then(
        (end) => expect.fail(`It ended: ${JSON.stringify(end)}`),
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(Asks);
      return { folder: call.folder, question: asked.at(-1)!, isHeld: (error as Asks).isHeld };
    },
    async answered(question_id: string, answer: Omit<Answer, 'question_id'>) {
      const call = await run({ question_id, answer: { question_id, ...answer } });
      return call.end;
    },
  };
}

const branch = { action: 'accept', content: { branch: 'main' } } as const;

test('a task of protocol 2025-11-25 that needs input asks on its connection', async () => {
  const ledger = await createLedger();
  const options = { era: LEGACY, asTask: true, session: 'warm', root: await hostRoot() } as const;
  const call = asking('asks', {}, { server: oldServer(ledger.path), ...options });
  const { question, isHeld } = await call.asks();
  expect(isHeld).toBe(true);
  expect(question.message).toBe('Which branch?');
  expect(await call.answered(question.id, branch)).toBe('accept: {"branch":"main"}');
  expect(await ledger.lines()).toEqual(['asks begins']);
});

describe.each(['own', 'warm'] as const)('with session %s', (session) => {
  test.each(['stdio', 'http'] as const)(
    'an older server over %s that asks in mid-call waits on its connection, and is told the answer',
    async (kind) => {
      const ledger = await createLedger();
      const http = kind === 'http' ? await startHttpServer(ledger.path) : undefined;
      onTestFinished(() => http?.kill());
      const server = http
        ? { type: 'http' as const, url: http.url, headers: {} }
        : testServer(ledger.path);
      // Without a session, an older server over HTTP cannot ask: it says so.
      const call = asking('asks', {}, { server, era: LEGACY, session, root: await hostRoot() });
      if (kind === 'http') {
        const end = (await call.run()).end;
        await expect(end).rejects.toThrow();
        return;
      }
      const { question, isHeld } = await call.asks();
      expect(isHeld).toBe(true);
      expect(question).toMatchObject({
        message: 'Which branch?',
        schema: { required: ['branch'] },
      });
      // Looked at again, it is the same question.
      expect((await call.asks({ question_id: question.id })).question.id).toBe(question.id);
      const said = JSON.stringify({ action: 'accept', content: { branch: 'main' } });
      expect(await call.answered(question.id, branch)).toBe(`You said ${said}`);
      expect(await ledger.lines()).toEqual(['asks begins']);
    },
  );

  test('a call whose server is killed while it waits for an answer has an unknown outcome', async () => {
    const ledger = await createLedger();
    const server = testServer(ledger.path);
    const call = asking('asks', {}, { server, era: LEGACY, session, root: await hostRoot() });
    const { question, folder } = await call.asks();
    const host = (await readMcpFile(folder, 'begun.json'))?.host;
    process.kill((await readSpool(host ?? folder, 'program.json'))!.pid, 'SIGKILL');
    // One of the next attempts notices it.
    const look = async () => {
      const { end } = await call.run({ question_id: question.id });
      return end.catch(({ name }: Error) => name);
    };
    await expect.poll(look, { timeout: 60_000 }).toBe('OutcomeUnknown');
    expect(await ledger.lines()).toEqual(['asks begins']);
  });

  test('a result that requires input ends the process of the call, and the call is made again with the answer and the state', async () => {
    const ledger = await createLedger();
    const server = testServer(ledger.path);
    const call = asking('asks_now', {}, { server, era: modern, session, root: await hostRoot() });
    const { question, isHeld } = await call.asks();
    expect(isHeld).toBe(false);
    const said = JSON.stringify({ action: 'decline' });
    expect(await call.answered(question.id, { action: 'decline' })).toBe(`You said ${said}`);
    expect(await ledger.lines()).toEqual(['asks_now with undefined', 'asks_now with half done']);
  });
});

describe('a task that requires input', () => {
  const begin = async () => {
    const ledger = await createLedger();
    const http = await startHttpServer(ledger.path);
    onTestFinished(() => http.kill());
    const server = { type: 'http' as const, url: http.url, headers: {} };
    const call = asking(
      'job_asks',
      {},
      { server, era: modern, session: 'warm', root: await hostRoot() },
    );
    return { ledger, call };
  };

  test('asks each question once, gets each answer once, and is followed to its end', async () => {
    const { ledger, call } = await begin();
    const first = await call.asks();
    expect(first.isHeld).toBe(false);
    const answer = { question_id: first.question.id, ...branch };
    const second = await call.asks({ question_id: first.question.id, answer });
    expect(second.question.id).not.toBe(first.question.id);
    expect(await call.answered(second.question.id, { action: 'cancel' })).toBe(
      `You said ${JSON.stringify([branch, { action: 'cancel' }])}`,
    );
    expect(await ledger.lines()).toEqual(['job_asks begins', 'answered branch', 'answered again']);
  });

  test('is cancelled with its call', async () => {
    const { ledger, call } = await begin();
    const { question } = await call.asks();
    await (
      await call.run({ question_id: question.id, stops: true })
    ).end;
    await expect.poll(() => ledger.lines()).toContain('task cancelled while asking');
  });
});

test('a request that no person can answer fails the call', async () => {
  const call = asking('asks_too_much', {}, { server: testServer(), era: modern });
  const { end } = await call.run();
  await expect(end).rejects.toMatchObject({
    name: 'InputRequired',
    message: expect.stringContaining('needs something that this service does not offer'),
  });
});

test('a server that wants a visit first gets the call again once a person has been there', async () => {
  const ledger = await createLedger();
  const call = asking('wants_a_visit', {}, { server: testServer(ledger.path), era: LEGACY });
  const { question } = await call.asks();
  expect(question).toMatchObject({ url: 'https://example.com/sign-in' });
  expect(await call.answered(question.id, { action: 'accept' })).toBe('You were there.');
});

test('server-everything asks in the middle of a call, and its result contains the answer', async () => {
  const call = asking('trigger-elicitation-request', {}, { server: everything(), era: LEGACY });
  const { question } = await call.asks();
  expect(question.schema).toMatchObject({ required: ['name'] });
  const end = await call.answered(question.id, { action: 'accept', content: { name: 'Ann' } });
  expect(JSON.stringify(end)).toContain('Name: Ann');
});
