/** What a model reads in the answers of a proxy. */

export const textOf = ({ content }: { content: { text?: string }[] }) =>
  content.map(({ text = '' }) => text).join('\n');

/** Of a call that is suspended. */
export const callIn = (text: string) => /^Suspended as (call_\w+):/.exec(text)?.[1];

/** The one call to make when there is nothing else to do. Undefined: nothing more comes. */
export function nextIn(text: string): { conversation_id: string; after: number } | undefined {
  const given = /next_results\((\{.*?\})\)/.exec(text)?.[1];
  return given === undefined ? undefined : JSON.parse(given);
}

export const resultsIn = (text: string) =>
  [...text.matchAll(/^\[result (\d+)\] (.*)$/gm)].map(([, n, words]) => ({
    n: Number(n),
    text: words!,
  }));

/** An error that is the outcome of the call. */
export const wasCall = (text: string) => /^call_\w+ (failed:|was )/m.test(text);

/** The service cannot take it at the moment, and says so. */
export const isPassing = (text: string) =>
  /^(store_unavailable|temporal_unavailable|rate_limited):|^No Meanwhile service answers/.test(
    text,
  );
