import { defineConfig } from 'vitest/config';

/** `npm run test:harness`: real harnesses from npm, some hundred megabytes each, so `npm test` leaves them out. */
export default defineConfig({
  test: {
    include: ['test/harness/*.harness.ts'],
    globalSetup: ['test/kit/global-setup.ts'],
    reporters: ['default', './test/kit/closing-line.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
