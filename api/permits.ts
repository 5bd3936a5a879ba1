/** Ends the streams of a caller whose key was revoked, or whose key or token has expired. */
import type { ServerResponse } from 'node:http';
import { type Access, CHECK_MS } from '../security/access/access.ts';
import { Unauthenticated } from '../security/access/principal.ts';
import { createPulse } from '../stream/pulse.ts';
import type { Ticker } from '../stream/ticker.ts';

export interface Permits {
  /** @returns a signal that aborts when the credential is refused while the response is still open */
  whileAllowed(credential: string | undefined, response: ServerResponse): AbortSignal;
}

/** Each credential is checked once in CHECK_MS, however many streams it has. */
export function createPermits(access: Pick<Access, 'authenticate'>, ticker?: Ticker): Permits {
  const pulse = createPulse(CHECK_MS, ticker);
  const followed = new Map<string | undefined, Followed>();

  function follow(credential: string | undefined): Followed {
    const streams = new Set<AbortController>();
    const check = async () => {
      try {
        await access.authenticate(credential);
      } catch (error) {
        // While the credential cannot be checked, nothing ends.
        if (error instanceof Unauthenticated) for (const stream of streams) stream.abort();
      }
    };
    const forget = pulse.add(() => void check());
    const fresh = { streams, forget };
    followed.set(credential, fresh);
    return fresh;
  }

  return {
    whileAllowed(credential, response) {
      const controller = new AbortController();
      const { streams, forget } = followed.get(credential) ?? follow(credential);
      streams.add(controller);
      response.once('close', () => {
        if (!streams.delete(controller) || streams.size > 0) return;
        followed.delete(credential);
        forget();
      });
      return controller.signal;
    },
  };
}

interface Followed {
  streams: Set<AbortController>;
  forget(): void;
}
