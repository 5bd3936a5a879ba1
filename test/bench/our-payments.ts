/** A round of the race bench on this service. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Meanwhile } from '../../client/meanwhile.ts';
import { watch, type Watcher } from '../../client/watch.ts';
import type { PlayedRound, Round, RoundPlayer } from './payment-round.ts';

import { post } from './service.ts';

export function startOurs(base: string, client: Meanwhile): RoundPlayer {
  return {
    async play(round) {
      const message = { text: `Watch ${round.rates.join(' ')}` };
      const { id } = await client.post('/v1/conversations', { message });
      const url = `${base}/v1/conversations/${id}`;
      const log = watch(client, id);
      try {
        await log.until('the rates are watched', () => log.of('call.started').length > 0);
        const acknowledged: number[] = [];
        for (const { after_ms, text } of round.messages) {
          await sleep(after_ms);
          await post(`${url}/messages`, { text });
          acknowledged.push(Date.now());
        }
        await log.until(`${round.name} is over`, () => isOver(log, round));
        await post(`${url}/close`, {});
        return { round, acknowledged, decided: decisions(log) };
      } catch (error) {
        const entries = log.entries.map((entry) => JSON.stringify(entry)).join('\n');
        throw new Error(`Round ${round.name}, ${id}:\n${entries}`, { cause: error });
      } finally {
        await log.close();
      }
    },
  };
}

/** All has been answered and told, and nothing runs. */
function isOver(log: Watcher, { messages }: Round): boolean {
  const heard = log.of('message.user');
  if (heard.length < 1 + messages.length) return false;
  const ended = new Set(
    [...log.of('call.completed'), ...log.of('call.failed'), ...log.of('call.dropped')].map(
      ({ call_id }) => call_id,
    ),
  );
  if (log.of('call.requested').some(({ call_id }) => !ended.has(call_id))) return false;
  const over = new Set(
    [...log.of('reply.completed'), ...log.of('reply.failed'), ...log.of('reply.interrupted')].map(
      ({ reply_id }) => reply_id,
    ),
  );
  const replies = log.of('reply.started');
  if (replies.some(({ reply_id }) => !over.has(reply_id))) return false;
  const receipts = new Set(log.of('receipt').flatMap(({ of }) => of));
  const answered = replies.at(-1)!.seq > heard.at(-1)!.seq;
  return answered && log.of('call.completed').every(({ seq }) => receipts.has(seq));
}

function decisions(log: Watcher): PlayedRound['decided'] {
  return log.of('call.started').map(({ call_id, at }) => ({ call_id, at: Date.parse(at) }));
}
