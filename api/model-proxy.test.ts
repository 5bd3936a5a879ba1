/** What a harness behind the proxy sees, and what its model is given, whichever API they use. */
import { describe, expect, test, vi } from 'vitest';
import { pokeText } from '../harness/model-proxy/words.ts';
import { useBehindProxy } from '../test/kit/behind-proxy.ts';
import { DIALECTS, toolsOf } from '../test/kit/dialects.ts';
import { functionCall } from '../test/kit/played-api.ts';

const echo = functionCall('echo', { words: 'hi' });
/** The lines of calls and outputs, cut after their names. */
const short = (lines: string[]) =>
  lines.map((line) => line.replace(/^(call \w+|output) .*$/s, '$1'));

describe.each(DIALECTS)('a harness that uses $name with a model behind the proxy', (dialect) => {
  const { user, tool, output } = dialect;
  const here = useBehindProxy(dialect);

  test('sees only the words of its model, and neither the call nor its answer', async () => {
    const { again, lines } = await here.start();
    expect(lines).toEqual(['model Started.']);
    const id = await here.callId();
    expect(dialect.lines(again.body[dialect.field])).toEqual([
      'user Say it.',
      `call echo ${id} {"words":"hi"}`,
      expect.stringContaining(`output ${id} Suspended as ${id}`),
    ]);
  });

  test('keeps its own tools and calls, and its model has those of the service, too', async () => {
    const answering = here.ask([user('List it.')], { tools: [tool('shell')] });
    const asked = await here.asked();
    expect(toolsOf(asked)).toEqual(['shell', 'echo', 'cancel_call', 'next_event']);
    asked.says('I look.', echo, functionCall('shell', {}, 'c2'));
    const { items, lines } = await answering;
    expect(lines).toEqual(['model I look.', 'call shell c2 {}']);

    const next = here.ask([user('List it.'), ...items, output('c2', 'a file')]);
    const second = await here.asked();
    const ours = ['call echo', 'output'];
    const theirs = ['model I look.', 'call shell', 'output'];
    expect(short(second.lines)).toEqual(
      // A message of Chat Completions cannot be divided: the call stands before it.
      dialect.name === 'Responses'
        ? ['user List it.', theirs[0], ...ours, ...theirs.slice(1)]
        : ['user List it.', ...ours, ...theirs],
    );
    expect(second.lines.at(-1)).toBe('output c2 a file');
    second.says('A file.');
    await next;
  });

  test('may have a tool with the name of one of the service, which then gets another name', async () => {
    const answering = here.ask([user('Say it.')], { tools: [tool('echo')] });
    const first = await here.asked();
    expect(toolsOf(first)).toContain('meanwhile__echo');
    first.says(functionCall('meanwhile__echo', { words: 'hi' }), functionCall('echo', {}, 'c2'));
    expect((await answering).lines).toEqual(['call echo c2 {}']);
    expect(await here.entries('call.requested')).toMatchObject([{ tool: 'echo' }]);
  });

  test('gets a result within the grace time as that of the call, in the same answer', async () => {
    const answering = here.ask([user('Say it.')]);
    (await here.asked()).says(functionCall('cancel_call', { call_id: 'call_none' }));
    const second = await here.asked();
    expect(second.lines.at(-1)).toContain('There is no open call call_none');
    second.says('There is none.');
    const { items } = await answering;

    const next = here.ask([user('Say it.'), ...items, user('And?')]);
    const third = await here.asked();
    expect(third.lines.slice(0, 3)).toEqual(second.lines);
    expect(third.lines.slice(3)).toEqual(['model There is none.', 'user And?']);
    third.says('Nothing.');
    await next;
  });

  test('is told once, at its next turn, what came after the last one, and acknowledges it by going on', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    await here.play((story) => story.ends(id));

    const asking = here.ask([...thread, user('And?')]);
    const told = await here.asked();
    expect(told.lines.at(-1)).toMatch(
      new RegExp(`^output news_\\d+ \\[result \\d+\\] echo ${id}, its last: `),
    );
    told.says('It is done.');
    const { items } = await asking;
    const fates = async () => (await here.entries('receipt')).map(({ fate }) => fate);
    expect(await fates()).toEqual(['delivered']);

    const later = here.ask([...thread, user('And?'), ...items, user('Thanks.')]);
    const after = await here.asked();
    expect(after.lines).toEqual([...told.lines, 'model It is done.', 'user Thanks.']);
    after.says('You are welcome.');
    await later;
    await vi.waitFor(async () => expect(await fates()).toEqual(['delivered', 'acknowledged']));
  });

  test('is told news again if the answer to it was cut off', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    await here.play((story) => story.ends(id));
    const asking = here.ask([...thread, user('And?')]).catch(() => 'broken');
    (await here.asked()).breaksOff('It is');
    expect(await asking).toBe('broken');

    const again = here.ask([...thread, user('And?')]);
    const told = await here.asked();
    expect(told.lines.at(-1)).toContain('its last');
    told.says('It is done.');
    await again;
  });

  test('that asks again after a broken answer gets the call that runs, not a second one', async () => {
    const asking = here.ask([user('Say it.')]).catch(() => 'broken');
    (await here.asked()).says(echo);
    (await here.asked()).breaksOff('Sta');
    expect(await asking).toBe('broken');

    const again = here.ask([user('Say it.')]);
    const asked = await here.asked();
    expect(asked.lines.at(-1)).toContain('Suspended as');
    asked.says('Started.');
    await again;
    expect(await here.entries('call.requested')).toHaveLength(1);
  });

  test('whose model calls the same tool twice has two calls', async () => {
    const asking = here.ask([user('Say it.')]);
    (await here.asked()).says(echo, { ...echo, call_id: 'call_2' });
    (await here.asked()).says({ ...echo, call_id: 'call_3' });
    const asked = await here.asked();
    asked.says('Started.');
    await asking;
    const ids = (await here.entries('call.requested')).map(({ call_id }) => call_id);
    expect(new Set(ids).size).toBe(3);
    expect(asked.lines.filter((line) => line.startsWith('output'))).toHaveLength(3);
  });

  test('finds its calls after the service was started again', async () => {
    const { thread } = await here.start();
    await here.restart();
    const asking = here.ask([...thread, user('And?')]);
    const asked = await here.asked();
    expect(short(asked.lines)).toEqual([
      'user Say it.',
      'call echo',
      'output',
      'model Started.',
      'user And?',
    ]);
    asked.says('It runs.');
    await asking;
  });

  test('that compacts its thread keeps the calls of the items that are left, and is told of the others in brief', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    const kept = here.ask([thread[0]!, user('A summary.'), user('And?')]);
    const first = await here.asked();
    expect(short(first.lines).slice(0, 3)).toEqual(['user Say it.', 'call echo', 'output']);
    first.says('It runs.');
    await kept;

    const lost = here.ask([user('A summary.'), user('And now?')]);
    const second = await here.asked();
    expect(second.lines.filter((line) => line.startsWith('user'))).toEqual([
      'user A summary.',
      'user And now?',
    ]);
    expect(second.lines.find((line) => line.startsWith('output'))).toContain(
      `echo ${id} {"words":"hi"}: under way`,
    );
    second.says('It runs.');
    await lost;
  });

  test('is told news again if its thread lost the place of that news before an answer', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    await here.play((story) => story.ends(id));
    const asking = here.ask([...thread, user('Give a title.')]);
    (await here.asked()).says('A title');
    await asking;

    const next = here.ask([...thread, user('And?')]);
    const told = await here.asked();
    expect(told.lines.at(-1)).toContain('its last');
    told.says('It is done.');
    await next;
  });

  test('that was resumed by a message finds the news next to that message', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    await here.play((story) => story.ends(id));
    const asking = here.ask([...thread, user(pokeText(7))]);
    const asked = await here.asked();
    const poke = dialect.name === 'Responses' ? [] : [`user ${pokeText(7)}`];
    expect(short(asked.lines).slice(3)).toEqual([
      'model Started.',
      ...poke,
      'call next_event',
      'output',
    ]);
    asked.says('It is done.');
    const { items } = await asking;

    const idle = here.ask([...thread, user(pokeText(7)), ...items, user(pokeText(8))]);
    const nothing = await here.asked();
    expect(nothing.lines.at(-1)).toContain('Nothing new');
    nothing.says('');
    await idle;
  });

  test('makes no calls and is told no news in a request outside its turns', async () => {
    const { thread } = await here.start();
    const id = await here.callId();
    await here.play((story) => story.ends(id));
    const asking = here.ask([...thread, user('Sum it up.')], { tool_choice: 'none' });
    const asked = await here.asked();
    expect(toolsOf(asked)).toEqual([]);
    expect(asked.lines.join('\n')).toContain('Suspended as');
    expect(asked.lines.join('\n')).not.toContain('its last');
    asked.says('A summary.');
    await asking;
  });

  test('that does not name its thread gets what its model says, and nothing else', async () => {
    const asking = here.ask([user('Hi.')], { prompt_cache_key: undefined });
    const asked = await here.asked();
    expect(toolsOf(asked)).toEqual([]);
    asked.says('Hello.');
    expect((await asking).lines).toEqual(['model Hello.']);
  });

  test('has a model whose wrong arguments are refused, and which may try again', async () => {
    const asking = here.ask([user('Say it.')]);
    (await here.asked()).says(functionCall('echo', { word: 1 }));
    const again = await here.asked();
    expect(again.lines.at(-1)).toContain('invalid_request: The arguments of echo do not fit.');
    again.says(echo);
    (await here.asked()).says('Started.');
    expect((await asking).lines).toEqual(['model Started.']);
  });

  test('has an answer, however long its model goes on calling', async () => {
    const asking = here.ask([user('Say it.')]);
    for (let nth = 0; nth < 10; nth += 1) {
      const asked = await here.asked();
      expect(toolsOf(asked)).toContain('cancel_call');
      asked.says(functionCall('cancel_call', { call_id: 'call_none' }));
    }
    const last = await here.asked();
    expect(toolsOf(last)).toEqual([]);
    last.says('I give up.', functionCall('cancel_call', { call_id: 'call_none' }));
    expect((await asking).lines).toEqual(['model I give up.']);
  });

  test('is refused if a page of another site asks', async () => {
    const body = { [dialect.field]: [user('Hi.')] };
    const { status } = await here.post(body, { origin: 'https://evil.example' });
    expect(status).toBe(403);
  });
});
