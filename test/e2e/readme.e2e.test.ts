/** What the documents tell a newcomer to type, typed. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { asks, type PlayedModel, startPlayedModel } from '../kit/played-model.ts';
import { startTestService, type TestService } from '../kit/service.ts';
import { follow, talk } from '../kit/talk.ts';

const documents = ['docs/talk.md', 'docs/tools.md'];
const texts = await Promise.all(documents.map((path) => readFile(path, 'utf8')));

let folder: string;
let model: PlayedModel;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-team-'));
  await mkdir(join(folder, 'tools'));
  await writeFile(join(folder, 'tools/count_down.ts'), blockWith('defineTool('));
  model = await startPlayedModel();
  service = await startTestService({
    temporal: inject('temporalAddress'),
    env: { MEANWHILE_EXTENSIONS: folder, OPENAI_BASE_URL: model.url },
  });
});
afterEach((test) => service.explain(test));
afterAll(async () => {
  await service.remove();
  await model.close();
  await rm(folder, { recursive: true });
});

test('the curl lines do what they say', async () => {
  const script = blockWith('$base/v1/conversations').replace(/^base=.*$/m, `base=${service.url}`);
  const bash = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script]);
  const answers = `[${(await bash).stdout.replaceAll('}{', '},{')}]`;
  const [message, conversation, page] = JSON.parse(answers);
  expect(message).toEqual({ message_id: expect.any(String) });
  expect(page).toMatchObject({ entries: expect.any(Array) });
  const { log } = follow(service.client, conversation.id);
  await log.until('it is closed', () => log.of('conversation.closed')[0]);
  expect(log.of('message.user').map(({ text }) => text)).toEqual([
    'install beta, update me every 50%',
    'how far is it?',
    'stop, what is a signal?',
  ]);
});

test('the tool of the three steps is offered, and counts on from where it was when the service was killed', async () => {
  const { tools } = await service.client.get('/v1/tools');
  expect(tools.map(({ name }: { name: string }) => name)).toContain('count_down');
  const before = await talk(service.client, 'Count down from 4.');
  await countDown({ from: 4 });
  await before.log.until('half of it is counted', () => before.log.of('call.event')[1]);

  await service.kill9();
  await service.start();
  const { log, items } = follow(service.client, before.id);
  const { result } = await log.until('it has counted', () => log.of('call.completed')[0]);
  expect(result).toEqual({ counted: 4 });
  expect(log.of('call.event').map(({ percent }) => percent)).toEqual([25, 50, 75, 100]);
  // A quarter was told, with its checkpoint, a second before the kill.
  const live = items.flatMap((item) => (item.type === 'progress' ? [item.data.percent!] : []));
  expect(Math.min(...live)).toBeGreaterThan(25);
});

test('a person approves the demo model’s example payment with the commands on approvals', async () => {
  const shop = await startTestService({
    temporal: inject('temporalAddress'),
    env: {
      MEANWHILE_EXTENSIONS: fileURLToPath(
        new URL('../../docs/examples/extensions', import.meta.url),
      ),
    },
  });
  onTestFinished(() => shop.remove());
  const { id, log } = await talk(shop.client, 'pay 20 to Ann');
  await log.until('it awaits approval', () => log.of('call.awaiting_approval')[0]);
  const setting = `base=${shop.url}\njson='content-type: application/json'\nid=${id}\n`;
  const script = setting + blockWith('/approval');
  await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script]);
  const { result } = await log.until('it is paid', () => log.of('call.completed')[0]);
  expect(result).toMatchObject({ sent: 20, to: 'ann' });
  expect(log.of('call.approved')).toMatchObject([{ actor: { type: 'user', id: 'ann' } }]);
});

/** Has the model ask for it. The conversation of the other test asks as well. */
async function countDown(input: { from: number }): Promise<void> {
  const asked = await model.asked();
  if (!JSON.stringify(asked.request.messages).includes('Count down')) return countDown(input);
  asked.says('I count.', asks('count_down', input));
}

/** The block of code that has these words, without its indentation. */
function blockWith(words: string): string {
  const blocks = [...texts.join('\n').matchAll(/^( *)```\w*\n(.*?)^\1```$/gms)];
  const [, indent = '', code = ''] = blocks.find(([text]) => text.includes(words)) ?? [];
  if (code === '') throw new Error(`No document has a block with ${words}.`);
  return code.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
