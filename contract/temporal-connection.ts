/**
 * How each process connects to Temporal's server. By default the SDK compresses every message, and the server then compresses every
 * answer. The connection is not encrypted, so the server is on this machine or near it, and the messages are small: what
 * compressing them costs both sides is worth more than the bytes that it saves.
 */
export const temporalConnection = (address: string) => ({
  address,
  grpcCompression: { codec: 'none' as const },
});
