import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The package itself is compiled; its tests run the sources. */
const alias = [
  { find: /^meanwhile$/, replacement: join(import.meta.dirname, 'index.ts') },
  { find: /^meanwhile\/client$/, replacement: join(import.meta.dirname, 'client/index.ts') },
];

/** Most tests wait more than they compute: for servers to start, for time-outs, for processes to end. */
const maxWorkers = 3;

/** Four kinds of test, told apart by name: see CONTRIBUTING.md. `pure` needs no server and no disk. */
export default defineConfig({
  test: {
    reporters: ['default', './test/kit/closing-line.ts'],
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'pure',
          include: ['**/*.test.ts', '**/*.property.test.ts'],
          // Properties try a thousand sequences; how long that takes says nothing.
          testTimeout: 60_000,
          // Loading the modules once for each process, and not for each file, saves almost half of the CPU time.
          isolate: false,
          maxWorkers,
          exclude: [
            'node_modules/**',
            'dist/**',
            '.meanwhile/**',
            '**/*.server.test.ts',
            '**/*.e2e.test.ts',
          ],
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'server',
          include: ['**/*.server.test.ts', '**/*.e2e.test.ts'],
          exclude: ['node_modules/**', 'dist/**', '.meanwhile/**'],
          globalSetup: ['test/kit/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers,
        },
      },
    ],
  },
});
