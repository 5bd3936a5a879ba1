import { defineConfig } from 'vitest/config';

/** `npm run test:cluster`: the service on a real Temporal cluster, which is built with Go once. */
export default defineConfig({
  test: {
    reporters: ['default', './test/kit/closing-line.ts'],
    include: ['test/cluster/**/*.cluster.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
