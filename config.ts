/** The only module that reads the environment. An invalid value stops the start with an error that names the setting. */
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { accessSettings } from './settings/access.ts';
import { dataSettings } from './settings/data.ts';
import { modelSettings } from './settings/model.ts';
import { serviceSettings } from './settings/service.ts';
import { turnsSettings } from './settings/turns.ts';

/** All settings; settings/ declares the values, default and purpose of each. `.env.example` lists them in this order, which a test checks. */
export const settings = z.object({
  ...serviceSettings,
  ...modelSettings,
  ...turnsSettings,
  ...dataSettings,
  ...accessSettings,
});

export type Settings = z.infer<typeof settings>;

/** Thrown for an invalid environment. The message is complete: show it and stop. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and checks all settings. An empty string counts as not set.
 * @throws ConfigError naming each invalid setting, its value unless it may be secret, and what is allowed
 */
export function readConfig(
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const given = Object.fromEntries(
    Object.keys(settings.shape).map((name) => [name, environment[name] || undefined]),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => explain(issue, given)).join('\n'));
  }
  checkTogether(parsed.data);
  return parsed.data;
}

/** @throws ConfigError for settings that only make sense together */
function checkTogether(given: Settings): void {
  if (given.MEANWHILE_ARCHIVE !== undefined && given.MEANWHILE_RETENTION_DAYS === undefined) {
    throw new ConfigError(
      'MEANWHILE_RETENTION_DAYS must be set too: MEANWHILE_ARCHIVE receives what leaves the log after that time.',
    );
  }
  const names = [
    'MEANWHILE_JWT_ISSUER',
    'MEANWHILE_JWT_AUDIENCE',
    'MEANWHILE_JWT_KEYS_URL',
  ] as const;
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === 0 || missing.length === names.length) return;
  throw new ConfigError(
    `${missing.join(' and ')} must be set too: ${names.join(', ')} are needed together.`,
  );
}

/** Whether npm started this process as a script. */
export const startedByNpm = (environment: Record<string, string | undefined> = process.env) =>
  environment['npm_lifecycle_event'] !== undefined;

/** Call it before React is loaded. React's development build is slower, and keeps a record of every rendering. */
export function reactForProduction(
  environment: Record<string, string | undefined> = process.env,
): void {
  environment['NODE_ENV'] ??= 'production';
}

/** The user's cache folder, for files that can be downloaded again, with a subfolder for this service. */
export function cacheFolder(
  environment: Record<string, string | undefined> = process.env,
  system = platform(),
  home = homedir(),
): string {
  switch (system) {
    case 'darwin':
      return join(home, 'Library', 'Caches', 'meanwhile');
    case 'win32':
      return join(environment.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'meanwhile', 'Cache');
    default:
      return join(environment.XDG_CACHE_HOME || join(home, '.cache'), 'meanwhile');
  }
}

/** All variables of the environment, since a user's mcp.json may name any of them as `${NAME}`. */
export const allVariables = (): Record<string, string | undefined> => process.env;

/** The value is shown unless it may contain a key or a password. */
function explain(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const shown = /KEY|URL$|SECRET|TOKEN$/.test(name) ? '' : `, not "${given[name]}"`;
  return `${name} ${issue.message}${shown}. (${settings.shape[name as keyof Settings].description})`;
}
