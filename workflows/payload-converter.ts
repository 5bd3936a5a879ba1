/** Decodes the payloads of workflows. An unreadable payload must not fail the task, which would be retried forever. */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => readOr(payload, UNREADABLE as never),
};

function readOr<T>(payload: Payload, otherwise: T): T {
  try {
    return defaultPayloadConverter.fromPayload<T>(payload);
  } catch {
    return otherwise;
  }
}

/** Fits no shape. */
const UNREADABLE = 'This payload cannot be decoded.';
