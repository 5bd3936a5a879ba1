/** The service with MCP servers, and talks in which the model asks for their calls. For the tests of a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type AskedModel, asks } from '../played-model.ts';
import { useStage } from '../stage.ts';
import type { Talk } from '../talk.ts';
import { ledgerAt } from './servers.ts';

/** @param servers resolves with `mcpServers` of the service's mcp.json; gets the path of the ledger in which its servers write */
export function useServers(servers: (ledger: string) => Promise<object>) {
  const folder = mkdtempSync(join(tmpdir(), 'meanwhile-mcp-'));
  const ledger = ledgerAt(join(folder, 'ledger'));
  const file = join(folder, 'mcp.json');
  // Before the stage: what it does in `beforeAll` comes in this order.
  beforeAll(async () => {
    writeFileSync(file, JSON.stringify({ mcpServers: await servers(ledger.path) }));
  });
  const stage = useStage({
    MEANWHILE_MCP: file,
    MEANWHILE_ALLOW_PRIVATE_URLS: 'true',
    MEANWHILE_GRACE_MS: '0',
    MEANWHILE_QUIET_MS: '0',
    MEANWHILE_QUIET_MAX_MS: '0',
  });
  afterAll(() => rm(folder, { recursive: true }));

  const offered = async (): Promise<string[]> => {
    const { tools } = await stage.service.client.get('/v1/tools');
    return tools.map(({ name }: { name: string }) => name);
  };

  return {
    stage,
    ledger,
    /** Names of the tools that the service offers. */
    offered,
    /** The model asks for the call in its first reply. */
    async calling(tool: string, input: object = {}): Promise<Talk> {
      await expect.poll(offered, { timeout: 60_000 }).toContain(tool);
      const talk = await stage.talk('Go on.');
      (await stage.model.asked()).says('I do it.', asks(tool, input));
      return talk;
    },
    /** Until the call is over, the model says something about all it is told. */
    async listen(talk: Talk): Promise<string[]> {
      const told: string[] = [];
      const isOver = () =>
        talk.log.of('call.completed').length + talk.log.of('call.failed').length > 0;
      for (let last = false; !last;) {
        const asked = await stage.model.asked();
        last = isOver() && moment(asked).includes('"status":"completed"');
        told.push(moment(asked));
        asked.says('Noted.');
      }
      return told;
    },
  };
}

/** What the model is told last. */
export const moment = ({ request }: AskedModel) => request.messages.at(-1)!.text;

export const startedCall = (talk: Talk) =>
  talk.log.until('it runs', () => talk.log.of('call.started')[0]);

export const completedCall = (talk: Talk) =>
  talk.log.until('it is over', () => talk.log.of('call.completed')[0], 60_000);
