import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/**
 * The value of a payload in a history that was fetched as it is stored.
 * @throws what a codec or converter throws for a payload that it cannot read
 */
export async function readPayload(
  { options }: Pick<Client, 'options'>,
  payload: Payload,
): Promise<any> {
  const { payloadCodecs, payloadConverter } = options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  return payloadConverter.fromPayload(payloads[0]!);
}
