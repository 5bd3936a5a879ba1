/** What is shown when a service is ready: its URLs, and the first thing to try. */
import type { Settings } from '../config.ts';
import type { Service } from './service.ts';

type Shown = Pick<Service, 'url' | 'uiUrl' | 'temporalAddress' | 'demoModelUrl' | 'home'>;

export function banner(service: Shown, settings: Settings): string {
  const { url, uiUrl, temporalAddress, home } = service;
  const message = { message: { text: 'run the installer and update me every 25%' } };
  return `
Meanwhile is ready.

  API          ${url}
  Docs         ${url}/docs
  ${uiUrl ? `Temporal UI  ${uiUrl}` : `Temporal     ${temporalAddress}`}
  Model        ${modelLine(service, settings)}
  Data         ${home}

Try it in another terminal:

  id=$(curl -s ${url}/v1/conversations -H 'content-type: application/json' \\
    -d '${JSON.stringify(message)}' | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
  curl -N ${url}/v1/conversations/$id/stream

Ctrl-C stops it.
`;
}

function modelLine({ demoModelUrl }: Shown, settings: Settings): string {
  if (demoModelUrl !== undefined) {
    return 'demo model: no AI, it follows fixed rules. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.';
  }
  return `${settings.OPENAI_MODEL} at ${withoutPassword(settings.OPENAI_BASE_URL ?? 'https://api.openai.com/v1')}`;
}

function withoutPassword(address: string): string {
  return Object.assign(new URL(address), { username: '', password: '' }).href;
}
