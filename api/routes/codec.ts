/**
 * The remote codec for Temporal's UI and command line: they send the payloads that they have read from the server, and show what the
 * codec returns. The token is part of the address, since the UI can be configured with an address but not with a header.
 */
import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { createCodec } from '../../security/encryption/codec.ts';
import type { Keyring } from '../../security/encryption/keyring.ts';
import type { Api } from '../dependencies.ts';
import { isSecret } from '../is-secret.ts';
import { Problem } from '../problems.ts';

/** Protobuf's JSON: bytes are base64. */
const body = z.object({
  payloads: z
    .array(
      z.object({
        metadata: z.record(z.string(), z.string()).default({}),
        data: z.string().default(''),
      }),
    )
    .max(1_000),
});
const params = z.object({ token: z.string(), direction: z.enum(['encode', 'decode']) });

/** Payloads of a history are larger than messages. */
const MOST_BYTES = 20_000_000;

export function codecRoute(
  app: Api,
  { token, keyring }: { token: string; keyring: Keyring },
): void {
  const codec = createCodec(keyring);
  app.post(
    '/codec/:token/:direction',
    {
      config: { needs: 'public' },
      bodyLimit: MOST_BYTES,
      // For operators, and in the format of Temporal.
      schema: { hide: true, params, body },
      // Checked before the body is read.
      onRequest: async (request) => {
        if (!isSecret(request.params.token, token)) {
          throw new Problem('unauthenticated', 'This is not the address of the codec.');
        }
      },
    },
    async (request) => {
      const payloads = request.body.payloads.map(({ metadata, data }): Payload => ({
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
        ),
        data: Buffer.from(data, 'base64'),
      }));
      const translated = await codec[request.params.direction](payloads);
      return { payloads: translated.map(asProtoJson) };
    },
  );
}

const asProtoJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]),
  ),
  data: base64(data ?? new Uint8Array()),
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
