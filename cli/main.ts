import { existsSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { ConfigError, readConfig, type Settings } from '../config.ts';
import { packageVersion } from '../tools/version.ts';
import { readArguments, type ServiceCommand } from './arguments.ts';
import { USAGE, USAGE_OF } from './usage.ts';

/** Exit code for an invalid command line or setting: nothing was started. */
const WRONG_USE = 2;

const command = readArguments(process.argv.slice(2));
switch (command.kind) {
  case 'help':
    console.log(command.of ? USAGE_OF[command.of] : USAGE);
    break;
  case 'version':
    console.log(packageVersion());
    break;
  case 'wrong':
    console.error(`${command.message}\n\n${USAGE}`);
    process.exitCode = WRONG_USE;
    break;
  default: {
    const settings = readSettings(command);
    if (settings) await run(command, settings);
  }
}

/** Loads only the module of the command. */
async function run(command: ServiceCommand, settings: Settings): Promise<void> {
  // The compile cache, if the one beside the code cannot be used (compile-cache.js): for modules loaded from now on, and for the keepers of
  // programs. Without a writable folder, loading only takes longer. `mcp` and `chat` are clients: they are started in any folder, and write nothing to it.
  if (getCompileCacheDir() === undefined && command.kind !== 'mcp' && command.kind !== 'chat') {
    enableCompileCache(join(settings.MEANWHILE_HOME, 'cache', 'code'));
  }
  switch (command.kind) {
    case 'start':
      return (await import('./start.ts')).start(settings);
    case 'api':
      return (await import('./api.ts')).api(settings);
    case 'worker':
      return (await import('./worker.ts')).worker(settings);
    case 'demo':
      return (await import('./demo.ts')).demo(settings);
    case 'chat':
      return (await import('./chat.ts')).chat(settings, command);
    case 'doctor':
      return (await import('./doctor.ts')).doctor(settings);
    case 'mcp':
      return (await import('./mcp.ts')).mcp(settings, command);
    case 'keys':
      return (await import('./keys.ts')).keys(settings, command);
    case 'promote':
      return (await import('./promote.ts')).promote(settings, command.build);
    case 'archive':
      return (await import('./archive.ts')).archive(settings, command.file);
    case 'explain':
      return (await import('./explain.ts')).explain(settings, command.id);
  }
}

function readSettings({ kind }: ServiceCommand): Settings | undefined {
  try {
    // A harness starts the relay in a user's project, whose .env belongs to that project.
    if (kind !== 'mcp' && existsSync('.env')) process.loadEnvFile('.env');
    const settings = readConfig();
    if (kind === 'api' || kind === 'worker') requireServers(settings, kind);
    if (kind === 'promote' && settings.TEMPORAL_ADDRESS === undefined)
      throw new ConfigError('`meanwhile promote` needs TEMPORAL_ADDRESS.');
    return settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = WRONG_USE;
    return undefined;
  }
}

/** The parts of a service that is several processes find each other through these servers. */
function requireServers({ TEMPORAL_ADDRESS, DATABASE_URL }: Settings, role: string): void {
  const missing = Object.entries({ TEMPORAL_ADDRESS, DATABASE_URL }).filter(([, value]) => !value);
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name).join(' and ');
  throw new ConfigError(
    `\`meanwhile ${role}\` needs ${names}, which the API and the workers share. \`meanwhile start\` brings its own.`,
  );
}
