/** The reason why a command line is refused. */
export interface Wrong {
  kind: 'wrong';
  /** One sentence for the user. */
  message: string;
}

export const wrong = (message: string): Wrong => ({ kind: 'wrong', message });

/** Undefined if no argument is left. */
export const unexpectedArgument = (rest: readonly string[]): Wrong | undefined =>
  rest.length > 0 ? wrong(`Unexpected argument "${rest.join(' ')}".`) : undefined;

/** Undefined for a URL of HTTP, and for an option that was not given. */
export function wrongUrl(option: string, url: string | undefined): Wrong | undefined {
  if (url === undefined) return undefined;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return undefined;
  return wrong(`--${option} must begin with http:// or https://, not "${url}".`);
}
