#!/usr/bin/env node
/* Plain JavaScript that an old Node can run: it names the version that is needed, where TypeScript would fail with "Unknown file extension". */
const wanted = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  console.error(
    'Meanwhile needs Node ' +
      wanted.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. ' +
      '`npm install` brings one along, and `npm start` uses it.',
  );
  process.exitCode = 2;
} else {
  void import('./compile-cache.js').then(() => import('./main.ts'));
}
