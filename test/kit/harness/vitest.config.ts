import { defineConfig } from 'vitest/config';

/** `npm run test:harness`: real harnesses from npm, some hundred megabytes each, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['testing/harness/*.harness.ts'],
    globalSetup: ['testing/global-setup.ts'],
    reporters: ['default', './testing/closing-line.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
