/** `meanwhile chat` as a person has it, in a terminal, and as a script has it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { openTerminal, type Terminal } from '../kit/terminal.ts';

/** A test starts several programs, one after the other. */
const LONGEST_MS = 180_000;
/** The same in every start of the service. */
const PORT = String(await getPort());
const stage = useStage({ MEANWHILE_GRACE_MS: '100', PORT });
const CHAT = [process.execPath, join(import.meta.dirname, '../../cli/meanwhile.js'), 'chat'];

let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

describe('in a terminal', { timeout: LONGEST_MS }, () => {
  let terminal: Terminal;
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(await terminal.screen());
    await terminal.close();
  });

  async function open(...more: string[]): Promise<void> {
    const command = [...CHAT, ...more, '--url', stage.service.url];
    terminal = await openTerminal(command, { cwd: tmpdir(), columns: 100, rows: 40 });
    await terminal.shows('/help');
  }

  /** What the user has typed and not sent. */
  const typing = (text: string) => new RegExp(`^› ${text} *$`, 'm');

  test('news, bars, an interruption and a restart leave the line being typed as it is', async () => {
    await open();
    await terminal.type('Go through the gates.');
    (await stage.model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
    await terminal.shows('On my way.');
    expect(await gates.reached()).toBe('1');
    await terminal.write('and th');
    await terminal.shows(typing('and th'));

    gates.open('1');
    const news = await stage.model.asked();
    await terminal.shows(/^1 relay \S+ +█{10}░{10} +50 %/m);
    const held = news.begins('Half of ');
    await terminal.shows('Half of');
    await terminal.write('en?');
    held.goesOn('the way.');
    await terminal.shows('Half of the way.');
    await terminal.key('Escape');
    await terminal.shows('Half of the way. (interrupted)');
    await terminal.shows(typing('and then\\?'));

    await stage.service.kill9();
    await terminal.shows('offline, reconnecting');
    await terminal.key('Enter');
    await terminal.shows('› and then? (sending …)');
    await terminal.write('typed while it is away');
    await stage.service.start();
    // The service gets it once; what was cut off is news again.
    const after = await stage.model.asked();
    expect(after.request.messages.filter(({ text }) => text === 'and then?')).toHaveLength(1);
    after.says('Then the second gate.');
    await terminal.shows('Then the second gate.');
    const screen = await terminal.shows(typing('typed while it is away'));
    expect(screen.match(/› and then\?/g)).toHaveLength(1);
    await terminal.key('C-u');
    await terminal.type('/cancel relay');
    await terminal.shows('was cancelled by the user');
  });

  test('an approval is decided by a key that no sentence contains, while the talk goes on', async () => {
    await open();
    await terminal.type('Pay 20.');
    (await stage.model.asked()).says('I ask for it.', asks('pays', { amount: 20 }));
    await terminal.shows('Ctrl-Y approves');
    await terminal.shows('"amount": 20');
    await terminal.type('yes');
    const asked = await stage.model.asked();
    asked.says('You have to approve it.');
    await terminal.shows('You have to approve it.');
    expect(await terminal.screen()).toContain('Ctrl-Y approves');
    const long =
      'A sentence that takes two lines once the terminal is narrow: it wraps what was there.';
    await terminal.write(long);
    await terminal.shows(typing(long));
    await terminal.resize(60);
    const narrow = await terminal.shows(/^› A sentence[^.]+\n {2}[^.]+there\. *\n.*…$/m);
    expect(narrow.match(/^┃ .+\?$/gm)).toHaveLength(1);
    await terminal.key('C-y');
    await terminal.shows('was approved by');
    (await stage.model.asked()).says('Paid.');
    await terminal.shows(/^Paid\. \(unasked: pays 20 completed\)$/m);
    expect(await terminal.screen()).not.toContain('Ctrl-Y approves');
  });

  test('a conversation is left and resumed with its past, and its lines are recalled', async () => {
    await open();
    await terminal.type('First line.');
    (await stage.model.asked()).says('First answer.');
    await terminal.shows('First answer.');
    await terminal.type('/why');
    await terminal.shows('[R2 message] completed');
    await terminal.shows('It is quiet because it has answered, and nothing is running.');
    await terminal.key('C-c');
    // The screen may be read while the id is being written.
    const whole = /meanwhile chat (conv_[\w-]{22})/;
    const id = whole.exec(await terminal.shows(whole))![1]!;
    await terminal.close();

    await open(id);
    expect(await terminal.shows('First answer.')).toContain('› First line.');
    await terminal.key('Up');
    await terminal.shows(typing('First line\\.'));
    await terminal.key('C-c');
    await terminal.shows(typing(''));
    await terminal.type('/close');
    await terminal.shows('The conversation is closed.');
  });
});

describe('through a pipe', { timeout: LONGEST_MS }, () => {
  const chat = (input: string, ...more: string[]) =>
    execa(CHAT[0]!, [...CHAT.slice(1), ...more, '--url', stage.service.url], {
      ...{ input, cwd: tmpdir(), reject: false },
    });

  test('each line is said after the answer to the one before, and the end waits for news', async () => {
    const talking = chat('Count to three.\nHow far are you?\n/open\n');
    (await stage.model.asked()).says('Counting.', asks('counts', { to: 3 }));
    for (;;) {
      const { request, says } = await stage.model.asked();
      const last = request.messages.at(-1)!.text;
      if (last.includes('"status":"completed"')) {
        says('All counted.');
        break;
      }
      says('Some.');
    }
    const { stdout, exitCode } = await talking;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^> Count to three\.\nCounting\.\n/);
    expect(stdout).toMatch(/> How far are you\?\n/);
    expect(stdout).toMatch(new RegExp(`^ +Page: ${stage.service.url}/#/conv_[\\w-]+$`, 'm'));
    expect(stdout).toMatch(/All counted\. \(unasked: .*\)$/);
  });

  test('--json prints the stream as it is', async () => {
    const talking = chat('Hello.', '--json');
    (await stage.model.asked()).says('Hi.');
    const items = (await talking).stdout.split('\n').map((line) => JSON.parse(line));
    expect(items[0]).toMatchObject({ type: 'conversation', data: { id: expect.any(String) } });
    const kinds = items.filter(({ type }) => type === 'entry').map(({ data }) => data.kind);
    expect(kinds).toEqual(['message.user', 'reply.started', 'reply.completed']);
    const again = await chat('', items[0].data.id, '--json');
    expect(again.stdout.split('\n').map((line) => JSON.parse(line).data.kind ?? 'begin')).toEqual([
      'begin',
      ...kinds,
    ]);
  });

  test.each([
    [
      'no service',
      ['--url', 'http://127.0.0.1:9'],
      /^No service answers at http:\/\/127\.0\.0\.1:9\./,
    ],
    ['no such agent', ['--agent', 'nobody'], /^There is no agent "nobody", only: .*default/],
    ['no such conversation', ['conv_none'], /There is no conversation conv_none/],
  ])('%s is said plainly', async (_, more, message) => {
    const url = more[0] === '--url' ? [] : ['--url', stage.service.url];
    const { exitCode, stderr, stdout } = await execa(
      CHAT[0]!,
      [...CHAT.slice(1), ...more, ...url],
      {
        ...{ input: 'Hello.', cwd: tmpdir(), reject: false },
      },
    );
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr.trim()).toMatch(message);
  });
});
