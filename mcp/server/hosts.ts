/**
 * Which addresses the endpoint answers at. A page in a browser may reach a service on this machine under a name of its own (DNS
 * rebinding): its Host or Origin header gives it away.
 */
import {
  localhostAllowedHostnames,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';

/** @returns why the request is refused, in a sentence; undefined if it is not */
export function whyRefused(
  headers: { host?: string | undefined; origin?: string | undefined },
  hosts: readonly string[] = [],
): string | undefined {
  const allowed = [...localhostAllowedHostnames(), ...hosts];
  if (!validateHostHeader(headers.host, allowed).ok) {
    return `The host ${headers.host ?? '(none)'} is not one of ${allowed.join(', ')}. MEANWHILE_MCP_HOSTS allows more.`;
  }
  if (!validateOriginHeader(headers.origin, allowed).ok) {
    return `The origin ${headers.origin} is not at one of ${allowed.join(', ')}. MEANWHILE_MCP_HOSTS allows more.`;
  }
  return undefined;
}
