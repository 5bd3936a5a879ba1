/** Each example as a user starts it, with the scripted model. */
import { execa } from 'execa';
import { expect, inject, test } from 'vitest';
import { settings } from '../config.ts';
import { createNamespace } from '../test/kit/namespace.ts';
import { EXAMPLES } from './examples.ts';

/** A whole service starts for each, one of them with a browser. */
const LONGEST_MS = 240_000;

test.each(EXAMPLES.map(({ name, checks }) => [name, Object.keys(checks)] as const))(
  '%s is played to its end, and passes its checks',
  async (name, checks) => {
    const address = inject('temporalAddress');
    const unset = Object.keys(settings.shape).map((setting) => [setting, undefined] as const);
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ['examples/main.ts', name, '--json'],
      {
        env: {
          ...Object.fromEntries(unset),
          ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: await createNamespace(address) },
          ...{ PIPELINE_CHUNK_MS: '400', CHANGES_ITEM_MS: '400' },
        },
        reject: false,
      },
    );
    const outcome = JSON.parse(stdout.split('\n').at(-1) || 'null');
    expect(outcome, `${stdout}\n${stderr}`).toEqual({
      demo: name,
      conversation: expect.stringMatching(/^conv_/),
      checks: ['played', ...checks].map((check) => ({ check, problems: [] })),
    });
    expect(exitCode).toBe(0);
  },
  LONGEST_MS,
);
