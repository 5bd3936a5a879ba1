import { defineConfig } from 'vitest/config';

/** Four kinds of test, told apart by name: see CONTRIBUTING.md. `pure` needs no server and no disk. */
export default defineConfig({
  test: {
    reporters: ['default', './test/kit/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'pure',
          include: ['**/*.test.ts', '**/*.property.test.ts'],
          // Properties try a thousand sequences; how long that takes says nothing.
          testTimeout: 60_000,
          exclude: ['node_modules/**', '.meanwhile/**', '**/*.server.test.ts', '**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          name: 'server',
          include: ['**/*.server.test.ts', '**/*.e2e.test.ts'],
          exclude: ['node_modules/**', '.meanwhile/**'],
          globalSetup: ['test/kit/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
