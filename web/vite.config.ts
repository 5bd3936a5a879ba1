import { defineConfig } from 'vite';

/** `npm run page` serves the sources and passes requests on to a service at port 3000; `cli/page.ts` builds. */
export default defineConfig({
  // The page works below any path.
  base: './',
  resolve: {
    alias: {
      // virtua imports React; Preact has the same interface.
      react: 'preact/compat',
      'react-dom': 'preact/compat',
      'react/jsx-runtime': 'preact/jsx-runtime',
    },
  },
  build: {
    target: 'es2023',
    // An inlined asset would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:3000' } },
});
