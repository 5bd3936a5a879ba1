/** Announces a call to another team's service, or withdraws it when it is no longer awaited. */
import { ApplicationFailure } from '@temporalio/common';
import type { Settings } from '../../config.ts';
import { readRetryAfter } from '../../contract/retry-after.ts';
import type { CallStart } from '../../contract/call.ts';
import { signPushToken } from '../../security/remote/push-token.ts';
import { type RemoteResponse, ForbiddenAddress, post } from '../../security/remote/request.ts';
import { signedHeaders } from '../../security/remote/webhook.ts';
import type { Catalogue } from '../../tools/catalogue.ts';
import { isAgreed } from '../../tools/taken-input.ts';
import { isRemote } from '../../tools/define.ts';
import type { RemoteTool } from '../../tools/remote.ts';

export interface AnnounceDependencies {
  catalogue: Catalogue;
  /** Signs push URLs. */
  pushSecret: string;
  /** The URL at which the other team reaches this service, without a trailing slash. */
  publicUrl(): Promise<string>;
  settings: Pick<Settings, 'MEANWHILE_ALLOW_PRIVATE_URLS'>;
  /** Default: over the network. */
  send?: typeof post;
}

export interface Announcement {
  start: CallStart;
  /** When the call was started, in milliseconds since 1970: the same in every attempt. */
  at: number;
  /** When results stop being accepted. */
  expires_at: number;
}

export interface Withdrawal {
  start: CallStart;
  at: number;
  /** The reason, in words. */
  reason: string;
}

/**
 * Sends `call.requested`.
 * @throws ApplicationFailure `Unreachable` or `Unavailable`, retryable; `Refused`, `ForbiddenAddress`, `UnknownTool` or
 * `InvalidInput`, non-retryable
 */
export function createAnnounceCall(dependencies: AnnounceDependencies) {
  return async function announceCall({ start, at, expires_at }: Announcement): Promise<void> {
    const { conversation, call_id, tool: name, input, report } = start;
    const { tenant, id } = conversation;
    await refuseInput(dependencies.catalogue, start);
    const token = signPushToken(dependencies.pushSecret, {
      tenant,
      conversation: id,
      call_id,
      expires_at,
    });
    await announce(dependencies, start, 'call.requested', at, {
      call_id,
      conversation_id: id,
      tool: name,
      input,
      ...(report !== undefined && { report }),
      push_url: `${await dependencies.publicUrl()}/v1/call-events/${token}`,
      expires_at: new Date(expires_at).toISOString(),
    });
  };
}

/** Sends `call.cancelled`. Throws as announceCall does. */
export function createWithdrawCall(dependencies: AnnounceDependencies) {
  return async function withdrawCall({ start, at, reason }: Withdrawal): Promise<void> {
    const { conversation, call_id, tool } = start;
    const data = { call_id, conversation_id: conversation.id, tool, reason };
    await announce(dependencies, start, 'call.cancelled', at, data);
  };
}

async function announce(
  { catalogue, settings, send = post }: AnnounceDependencies,
  start: CallStart,
  type: 'call.requested' | 'call.cancelled',
  at: number,
  data: object,
): Promise<void> {
  const tool = remoteTool(catalogue, start.tool);
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
  const id = `msg_${start.call_id}_${type}`;
  // The signature contains the time of the attempt: receivers refuse old ones.
  const headers = signedHeaders(tool.remote.secret, { id, at: new Date(), body });
  let answer: RemoteResponse;
  try {
    const { url } = tool.remote;
    answer = await send(url, {
      headers,
      body,
      timeout_ms: ANSWER_MS,
      allowPrivate: settings.MEANWHILE_ALLOW_PRIVATE_URLS,
    });
  } catch (error) {
    throw unsent(tool, error as Error);
  }
  if (answer.status < 200 || answer.status > 299) throw refused(tool, answer);
}

/** How long the service may take to acknowledge a call. */
const ANSWER_MS = 10_000;

/** Checks again, since the tool may have changed since the model was asked. */
async function refuseInput(catalogue: Catalogue, start: CallStart): Promise<void> {
  const { input } = remoteTool(catalogue, start.tool);
  const { success } = await input.safeParseAsync(start.input);
  if (start.agreed !== undefined && !isAgreed(start.input, start.agreed)) {
    const message = `${start.tool} would now get different input from what a person approved: call it again.`;
    throw ApplicationFailure.nonRetryable(message, 'ToolChanged');
  }
  if (success) return;
  const message = `${start.tool} no longer accepts the input of this call: call it again.`;
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput');
}

function remoteTool(catalogue: Catalogue, name: string): RemoteTool {
  const tool = catalogue.tools.get(name);
  if (tool && isRemote(tool)) return tool;
  throw ApplicationFailure.nonRetryable(`There is no remote tool named ${name}.`, 'UnknownTool');
}

function unsent({ name }: RemoteTool, error: Error): ApplicationFailure {
  if (error instanceof ForbiddenAddress) {
    const message = `The service of ${name} may not be called: ${error.message}`;
    return ApplicationFailure.nonRetryable(message, 'ForbiddenAddress');
  }
  const reason = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return ApplicationFailure.retryable(
    `The service of ${name} cannot be reached: ${reason}.`,
    'Unreachable',
  );
}

function refused(
  { name }: RemoteTool,
  { status, retryAfter, text }: RemoteResponse,
): ApplicationFailure {
  const said = text.trim() && `: ${text.trim()}`;
  if (status === 408 || status === 429 || status >= 500) {
    return ApplicationFailure.create({
      message: `The service of ${name} is not available (HTTP ${status})${said}`,
      type: 'Unavailable',
      nextRetryDelay: readRetryAfter(retryAfter, Date.now(), LONGEST_DELAY_MS),
    });
  }
  const message =
    status < 400
      ? `The service of ${name} answered with HTTP ${status}, and redirects are not followed.`
      : `The service of ${name} refused the call (HTTP ${status})${said}`;
  return ApplicationFailure.nonRetryable(message, 'Refused');
}

const LONGEST_DELAY_MS = 120_000;
