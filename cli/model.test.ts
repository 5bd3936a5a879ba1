import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { chooseModel } from './model.ts';

test.each([
  [{}, 'openai'],
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' }, 'compatible'],
  [{ OPENAI_BASE_URL: 'https://api.mistral.ai/v1', OPENAI_PROFILE: 'alternating' }, 'alternating'],
  [{ OPENAI_PROFILE: 'tool_result' }, 'tool_result'],
])('with %j the profile is %s', async (given, profile) => {
  const settings = readConfig({ OPENAI_API_KEY: 'key', ...given });
  const chosen = await chooseModel(settings, () => {});
  expect(chosen.profile).toBe(profile);
  await chosen.close();
});
