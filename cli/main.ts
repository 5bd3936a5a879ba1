import { existsSync } from 'node:fs';
import packageFile from '../package.json' with { type: 'json' };
import { ConfigError, readConfig, type Settings } from '../config.ts';
import { readArguments, type Running, USAGE } from './arguments.ts';

/** Of a command line or a setting that is wrong: nothing was started. */
const WRONG_USE = 2;

const command = readArguments(process.argv.slice(2));
switch (command.type) {
  case 'help':
    console.log(USAGE);
    break;
  case 'version':
    console.log(packageFile.version);
    break;
  case 'wrong':
    console.error(`${command.message}\n\n${USAGE}`);
    process.exitCode = WRONG_USE;
    break;
  default: {
    const settings = readSettings();
    if (settings) await run(command, settings);
  }
}

/** Each part is loaded when it is wanted: a wrong command should not wait for everything. */
async function run(command: Running, settings: Settings): Promise<void> {
  switch (command.type) {
    case 'start':
      return (await import('./start.ts')).start(settings);
    case 'demo':
      return (await import('./demo.ts')).demo(settings);
    case 'explain':
      return (await import('./explain.ts')).explain(settings, command.id);
  }
}

function readSettings(): Settings | undefined {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = WRONG_USE;
    return undefined;
  }
}
