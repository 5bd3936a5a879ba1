import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { banner } from './banner.ts';

const service = { url: 'http://127.0.0.1:3000', temporalAddress: 'temporal:7233', home: '/data' };

test('the banner names every address, the model and the folder', () => {
  const shown = banner(
    { ...service, uiUrl: 'http://127.0.0.1:8233', demoModelUrl: 'http://127.0.0.1:8089/v1' },
    readConfig({}),
  );
  expect(shown).toMatch(/Page +http:\/\/127\.0\.0\.1:3000\/\n/);
  expect(shown).toMatch(/API +http:\/\/127\.0\.0\.1:3000\n/);
  expect(shown).toMatch(/Docs +http:\/\/127\.0\.0\.1:3000\/docs\n/);
  expect(shown).toMatch(/Temporal UI +http:\/\/127\.0\.0\.1:8233\n/);
  expect(shown).toMatch(/Model +demo model: not an AI, it follows fixed rules/);
  expect(shown).toMatch(/Data +\/data\n/);
});

test('only the address of an external Temporal server is shown', () => {
  const shown = banner(service, readConfig({}));
  expect(shown).toMatch(/Temporal +temporal:7233\n/);
  expect(shown).not.toContain('Temporal UI');
});

test('a real model is shown with its URL and never with its key', () => {
  expect(banner(service, readConfig({ OPENAI_API_KEY: 'sk-secret' }))).toMatch(
    /Model +gpt-5-mini at https:\/\/api\.openai\.com\/v1\n/,
  );
  const own = readConfig({ OPENAI_BASE_URL: 'http://user:sk-secret@ollama:11434/v1' });
  expect(banner(service, own)).toMatch(/Model +gpt-5-mini at http:\/\/ollama:11434\/v1\n/);
  expect(banner(service, own)).not.toContain('sk-secret');
});
