import { execa } from 'execa';
import { expect, test } from 'vitest';
import { useStage } from '../kit/stage.ts';

const stage = useStage();

const explain = (id: string, port = new URL(stage.service.url).port) =>
  execa(process.execPath, ['cli/meanwhile.js', 'explain', id], {
    env: { PORT: port },
    reject: false,
  });

test('explain says turn by turn who made the agent speak, and what it said', async () => {
  const talk = await stage.talk('What is a signal?');
  (await stage.model.asked()).says('A message to a workflow.');
  await talk.replied(1);
  await talk.say('And a query?');
  (await stage.model.asked()).says('A question.');
  await talk.replied(2);

  const { stdout, exitCode } = await explain(talk.id);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^turn 1 .*because of message/m);
  expect(stdout).toMatch(/from +#1 .*user user: What is a signal\?/);
  expect(stdout).toMatch(/^ {2}reply_2 .*completed.*: A question\.$/m);
});

test('an unknown conversation and an unreachable service are each reported in a sentence', async () => {
  const unknown = await explain('conv_none');
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('conv_none') });
  const away = await explain('conv_none', '1');
  expect(away).toMatchObject({ exitCode: 1 });
  expect(away.stderr.trim()).toBe(
    'No service answers at http://127.0.0.1:1. Start one with `meanwhile start`, or set HOST and PORT to its address.',
  );
});
