/** Remote tools: another team's service, which hears of each call over HTTP and pushes its results. */
import type { ToolBase } from './define.ts';

export interface RemoteTool<Input = any> extends ToolBase<Input> {
  remote: RemoteService;
}

export interface RemoteService {
  /** Gets `call.requested` and `call.cancelled` by POST. */
  url: string;
  /** Signs what is sent there, as Standard Webhooks has it: `whsec_` and base64. Both sides know it. */
  secret: string;
  /** After so much silence, in milliseconds, the call has failed. Default: five minutes. */
  silence_ms?: number;
}

/** Declares a tool that is elsewhere. `examples/remote-receiver/` is such a service. */
export function defineRemoteTool<Input>(
  definition: ToolBase<Input> & RemoteService,
): RemoteTool<Input> {
  const { url, secret, silence_ms, ...tool } = definition;
  return { ...tool, remote: { url, secret, ...(silence_ms !== undefined && { silence_ms }) } };
}
