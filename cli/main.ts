import { existsSync } from 'node:fs';
import packageFile from '../package.json' with { type: 'json' };
import { ConfigError, readConfig, type Settings } from '../config.ts';
import { readArguments, USAGE } from './arguments.ts';

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
  case 'start':
  case 'demo': {
    const settings = readSettings();
    if (!settings) break;
    // Not above: these load everything, and a wrong command should not wait for it.
    if (command.type === 'start') await (await import('./start.ts')).start(settings);
    else await (await import('./demo.ts')).demo(settings);
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
