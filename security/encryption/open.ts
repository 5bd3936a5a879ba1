import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { Settings } from '../../config.ts';
import { createCodec } from './codec.ts';
import { type Keyring, readKeyring } from './keyring.ts';

/** Undefined if encryption is switched off. */
export const keyringOf = ({
  MEANWHILE_ENCRYPTION_KEYS: keys,
}: Pick<Settings, 'MEANWHILE_ENCRYPTION_KEYS'>): Keyring | undefined =>
  keys === undefined ? undefined : readKeyring(keys);

/** The converter of every client and worker of Temporal. Undefined without keys: payloads are then stored as they are. */
export const dataConverterOf = (keyring: Keyring | undefined): DataConverter | undefined =>
  keyring && { payloadCodecs: [createCodec(keyring)], failureConverterPath: SEALED_FAILURES };

/** Temporal loads it by its path. `.js` in the package, which is compiled. */
const SEALED_FAILURES = fileURLToPath(
  new URL(`../../workflows/sealed-failures${extname(import.meta.filename)}`, import.meta.url),
);
