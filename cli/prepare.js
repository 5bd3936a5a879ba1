/*
 * Runs after `npm ci`. A failure does not fail the install: the first start builds what is missing. Plain JavaScript that an old Node
 * can read.
 */
import('./build.ts').catch((error) => {
  console.warn(`Nothing was built ahead, so the first start takes longer: ${error.message}`);
});
