import { fileURLToPath } from 'node:url';

/** The folder with the tools of the end-to-end tests. */
export const EXTENSIONS = fileURLToPath(new URL('../e2e/extensions', import.meta.url));
