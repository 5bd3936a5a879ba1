/** The URL at which a service that listens there can be called, without a trailing slash. */
export function serviceUrl(host: string, port: number): string {
  // A wildcard address can be listened on, but not called everywhere.
  const callable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${callable.includes(':') ? `[${callable}]` : callable}:${port}`;
}
