/** Which model answers: the configured one, or the demo model if none is configured. */
import type { Settings } from '../config.ts';
import type { ProfileName } from '../contract/profile.ts';
import { startDemoModel } from './demo/model-server.ts';
import { usualOrFreePort } from './ports.ts';

export interface ChosenModel {
  /** The model of agents that name none. */
  name: string;
  /** The profile of agents that name none. */
  profile: ProfileName;
  access: { apiKey?: string; baseURL?: string };
  /** Set when the demo model answers. */
  demoUrl?: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const USUAL_PORT = 8089;

/** Whether the demo model answers, since neither a key nor a server is set. */
export function isDemo({ OPENAI_API_KEY, OPENAI_BASE_URL }: Settings): boolean {
  return OPENAI_API_KEY === undefined && OPENAI_BASE_URL === undefined;
}

/** Starts the demo model if it is the one. A base URL without a key means a self-hosted server, which needs no key. */
export async function chooseModel(
  settings: Settings,
  log: (line: string) => void,
): Promise<ChosenModel> {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL, OPENAI_MODEL: name } = settings;
  const { OPENAI_PROFILE: profile = baseURL === undefined ? 'openai' : 'compatible' } = settings;
  if (!isDemo(settings)) {
    return { name, profile, access: { apiKey, baseURL }, close: () => Promise.resolve() };
  }
  const port = await usualOrFreePort('the demo model', { usual: USUAL_PORT, host: HOST, log });
  const { url, close } = await startDemoModel({ port, host: HOST });
  return { name: 'demo', profile, access: { apiKey: 'demo', baseURL: url }, demoUrl: url, close };
}
