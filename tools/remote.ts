/** Remote tools: another team's service, which is told about each call over HTTP and pushes its results. */
import type { ToolBase } from './base.ts';

export interface RemoteTool<Input = any> extends ToolBase<Input> {
  remote: RemoteService;
}

export interface RemoteService {
  /** The URL that receives `call.requested` and `call.cancelled` by POST. */
  url: string;
  /** Signs what is sent there, following Standard Webhooks: `whsec_` and base64. Both sides know it. */
  secret: string;
  /** The call fails after this long without an event, in milliseconds. Default: five minutes. */
  silence_ms?: number;
}

/** Declares a tool that runs elsewhere. `docs/examples/remote-receiver/` is such a service. */
export function defineRemoteTool<Input>(
  definition: ToolBase<Input> & RemoteService,
): RemoteTool<Input> {
  const { url, secret, silence_ms, ...tool } = definition;
  return { ...tool, remote: { url, secret, ...(silence_ms !== undefined && { silence_ms }) } };
}
