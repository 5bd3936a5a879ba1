/*
 * Runs after `npm ci`. An install does not fail for it: what was not built ahead is built by the first start. Plain JavaScript that an
 * old Node can read.
 */
import('./build.ts').catch((error) => {
  console.warn(`Nothing was built ahead, so the first start takes longer: ${error.message}`);
});
