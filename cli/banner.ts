/** The text that is printed when a service is ready: its URLs, and the first thing to try. */
import type { Settings } from '../config.ts';

/** Addresses of the parts of a running service. */
export interface ServiceAddresses {
  /** URL of the API, without a trailing slash. */
  url: string;
  /** host:port */
  temporalAddress: string;
  /** Undefined when TEMPORAL_ADDRESS names a server: its UI is elsewhere. */
  uiUrl?: string;
  /** Set when the demo model answers. */
  demoModelUrl?: string;
  /** Folder for its data. Absolute. */
  home: string;
}

export function banner(service: ServiceAddresses, settings: Settings): string {
  const { url, uiUrl, temporalAddress, home } = service;
  const message = { message: { text: 'run the installer and update me every 25%' } };
  return `
Meanwhile is ready.

  Page         ${url}/
  API          ${url}
  Docs         ${url}/docs
  ${uiUrl ? `Temporal UI  ${uiUrl}` : `Temporal     ${temporalAddress}`}
  Model        ${modelLine(service, settings)}
  Data         ${home}

Open the page, or try it in another terminal:

  id=$(curl -s ${url}/v1/conversations -H 'content-type: application/json' \\
    -d '${JSON.stringify(message)}' | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
  curl -N ${url}/v1/conversations/$id/stream

Ctrl-C stops it.
`;
}

function modelLine({ demoModelUrl }: ServiceAddresses, settings: Settings): string {
  if (demoModelUrl !== undefined) {
    return 'demo model: not an AI, it follows fixed rules. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.';
  }
  return `${settings.OPENAI_MODEL} at ${withoutPassword(settings.OPENAI_BASE_URL ?? 'https://api.openai.com/v1')}`;
}

function withoutPassword(address: string): string {
  return Object.assign(new URL(address), { username: '', password: '' }).href;
}
