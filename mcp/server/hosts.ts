/**
 * Which addresses the endpoint answers at. A web page may reach a service on this machine under its own host name (DNS rebinding). Its
 * Host or Origin header shows that.
 */
import {
  localhostAllowedHostnames,
  validateHostHeader,
  validateOriginHeader,
} from '@modelcontextprotocol/server';

/** @returns why the request is refused, as a sentence; undefined if it is allowed */
export function whyHostRefused(
  headers: { host?: string | undefined; origin?: string | undefined },
  hosts: readonly string[] = [],
): string | undefined {
  const allowed = [...localhostAllowedHostnames(), ...hosts];
  if (!validateHostHeader(headers.host, allowed).ok) {
    return `The host ${headers.host ?? '(none)'} is not one of ${allowed.join(', ')}. MEANWHILE_MCP_HOSTS allows more.`;
  }
  if (!validateOriginHeader(headers.origin, allowed).ok) {
    return `The origin ${headers.origin} is not on one of the hosts ${allowed.join(', ')}. MEANWHILE_MCP_HOSTS allows more.`;
  }
  return undefined;
}
