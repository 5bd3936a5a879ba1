/** How workflows read what they are sent. What cannot be read must not fail the task: it would be done again for ever. */
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
const UNREADABLE = 'What was sent cannot be read.';
