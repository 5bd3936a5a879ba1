/** Ollama's own API, as far as it shows what the service does to it. */
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';

export interface Ollama {
  /** Such as http://127.0.0.1:11434, without `/v1`. */
  url: string;
  version(): Promise<string>;
  /** @throws Error where there is none */
  firstModel(): Promise<string>;
  /** @throws Error where there is no such model */
  capabilities(model: string): Promise<string[]>;
  /** When the model is unloaded if no request comes. Only the end of a request moves it. Undefined if the model is not loaded. */
  expiry(model: string): Promise<string | undefined>;
  /** The same weights with another template. */
  derive(model: string, from: string, template: string): Promise<void>;
  remove(model: string): Promise<void>;
}

export function connect(url: string): Ollama {
  async function ask(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }).catch((cause: unknown) => {
      throw new Error(`No Ollama answers at ${url}.`, { cause });
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    url,
    version: async () =>
      z.object({ version: z.string() }).parse(await ask('GET', '/api/version')).version,
    async firstModel() {
      const [model] = listed.parse(await ask('GET', '/api/tags')).models;
      if (!model) throw new Error('This Ollama has no model. Get one with `ollama pull`.');
      return model.name;
    },
    capabilities: async (model) =>
      shown.parse(await ask('POST', '/api/show', { model })).capabilities,
    async expiry(model) {
      const { models } = running.parse(await ask('GET', '/api/ps'));
      return models.find(({ name }) => name === model || name === `${model}:latest`)?.expires_at;
    },
    async derive(model, from, template) {
      await ask('POST', '/api/create', { model, from, template, stream: false });
    },
    async remove(model) {
      await ask('DELETE', '/api/delete', { model });
    },
  };
}

const listed = z.object({ models: z.array(z.object({ name: z.string() })) });
const shown = z.object({ capabilities: z.array(z.string()).default([]) });
const running = z.object({
  models: z.array(z.object({ name: z.string(), expires_at: z.string().optional() })),
});

/**
 * Seconds of processor time that the runners of an Ollama on this machine have used so far. Undefined: there are none that
 * can be looked at, as on another machine or without /proc.
 */
export async function runnerSeconds(): Promise<number | undefined> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const used = await Promise.all(pids.map(secondsOf));
  const found = used.filter((seconds) => seconds !== undefined);
  return found.length > 0 ? found.reduce((sum, seconds) => sum + seconds, 0) : undefined;
}

async function secondsOf(pid: string): Promise<number | undefined> {
  try {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!/(^|\/)(ollama|ollama_llama_server)$/.test(command[0] ?? '')) return undefined;
    if (!command.includes('runner') && !command[0]!.endsWith('server')) return undefined;
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    // It has ended since.
    return undefined;
  }
}

/** A second, as Linux counts it here. */
const TICKS = 100;
