import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stacks of failures go into a payload, which a codec encrypts. Used only with a codec. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
