/** Encrypts what Temporal stores. Payloads from before encryption was switched on, or from after it was switched off, are read too. */
import type { Payload, PayloadCodec } from '@temporalio/common';
import protobuf from '@temporalio/proto';
import type { Keyring } from './keyring.ts';

/** As in Temporal's own samples, so that tools recognise it. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

// The package is CommonJS.
const proto = protobuf.temporal.api.common.v1.Payload;
const utf8 = new TextEncoder();
const text = new TextDecoder();

export const createCodec = (keyring: Keyring): PayloadCodec => ({
  encode: async (payloads) =>
    payloads.map((payload): Payload => {
      const { key, data } = keyring.seal(proto.encode(payload).finish());
      return { metadata: { encoding: utf8.encode(ENCODING), [KEY_ID]: utf8.encode(key) }, data };
    }),

  decode: async (payloads) =>
    payloads.map((payload): Payload => {
      const { metadata, data } = payload;
      if (!data || text.decode(metadata?.['encoding'] ?? undefined) !== ENCODING) return payload;
      const key = text.decode(metadata?.[KEY_ID] ?? undefined);
      const { metadata: inner, data: plain } = proto.decode(keyring.open({ key, data }));
      return { metadata: inner, data: plain };
    }),
});
