/** What a load balancer does, as a `fetch`: requests go to one API after the other, and past one that refuses connections. */
import { Meanwhile } from '../../client/meanwhile.ts';
import type { FleetApi } from './fleet.ts';

/** A client that speaks with all of them. @param options.maxRetries default: those of the client */
export function throughBalancer(
  apis: Pick<FleetApi, 'url'>[],
  options: { maxRetries?: number } = {},
): Meanwhile {
  let turn = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(String(input));
    let refusal: unknown;
    for (const _ of apis) {
      const { url } = apis[turn++ % apis.length]!;
      try {
        return await globalThis.fetch(`${url}${pathname}${search}`, init);
      } catch (error) {
        // Nothing was sent. Anything else may have had an effect, so it is not repeated elsewhere.
        if (!isRefusal(error)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  };
  return new Meanwhile({ baseURL: 'http://balancer', fetch, ...options });
}

const isRefusal = (error: unknown) =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
