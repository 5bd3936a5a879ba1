/** The command line of the official inspector, in both eras, over HTTP and over the stdio relay. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { useStage } from '../kit/stage.ts';
import { installHarness } from './install.ts';

const stage = useStage();
const MEANWHILE = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));

let program: string;
beforeAll(async () => void (program = await installHarness('mcp-inspector')));

interface Answer {
  result: {
    tools?: { name: string }[];
    resources?: { uri: string }[];
    contents?: { text: string }[];
    content?: { text: string }[];
  };
  /** Its remarks on the schemas of our tools. */
  remarks: string;
}

/** @throws Error with what it wrote, when it does not exit with 0 */
async function inspect(way: string[], era: string, ...what: string[]): Promise<Answer> {
  const options = ['--cli', '--format', 'json', '--protocol-era', era, '--method', ...what];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    program,
    ...options,
    ...way,
  ]);
  return { ...(JSON.parse(stdout) as Pick<Answer, 'result'>), remarks: stderr };
}

describe.each(['modern', 'legacy'])('era %s', (era) => {
  describe.each(['HTTP', 'the stdio relay'])('over %s', (kind) => {
    const way = () => {
      const { url } = stage.service;
      return kind === 'HTTP'
        ? ['--transport', 'http', '--server-url', `${url}/mcp`]
        : ['--', process.execPath, MEANWHILE, 'mcp', '--url', `${url}/mcp`];
    };

    test('its strict look at the tools finds no error', async () => {
      const { result, remarks } = await inspect(way(), era, 'tools/list', '--strict');
      expect(result.tools!.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['ask_default', 'start_conversation', 'next_results']),
      );
      expect(remarks).toContain('0 errors');
    });

    test('it starts a conversation, gets the answer and reads the log', async () => {
      const call = async (name: string, input: object) => {
        const json = JSON.stringify(input);
        const more = ['--tool-name', name, '--tool-args-json', json];
        const { result } = await inspect(way(), era, 'tools/call', ...more);
        return result.content!.map(({ text }) => text).join('\n');
      };
      const started = await call('start_conversation', { text: 'Hello.' });
      const [id] = /conv_[\w-]+/.exec(started)!;
      (await stage.model.asked()).says('Good morning.');
      expect(await call('next_results', { conversation_id: id, after: 0 })).toContain(
        'Good morning.',
      );
      const { result } = await inspect(way(), era, 'resources/list');
      const uri = `meanwhile://conversations/${id}/log`;
      expect(result.resources!.map((resource) => resource.uri)).toContain(uri);
      const log = await inspect(way(), era, 'resources/read', '--uri', uri);
      expect(log.result.contents![0]!.text).toContain('Good morning.');
    });
  });
});
