/** A reply stops as soon as it is no longer wanted: refused by the store, stopped on the bus, or cancelled. */
import { once } from 'node:events';
import { CancelledFailure } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import type { StubHandler, StubRequest } from '../../test/kit/model-server.ts';
import { conversation, play, riding } from '../../test/kit/reply-play.ts';

/** Says something, then hangs until the client disconnects. */
const saysThenHangs: StubHandler = ({ closed }) => ({
  text: (async function* () {
    yield 'It ';
    await once(closed, 'abort');
  })(),
});

const gone = async ({ closed }: StubRequest) => {
  if (!closed.aborted) await once(closed, 'abort');
};

describe('a reply that is no longer wanted', () => {
  const stopped = { type: 'ReplyStopped', nonRetryable: true };

  test('is not begun when the store refuses it at the start', async () => {
    const { result, stub } = await play({
      model: () => ({ text: 'No.' }),
      begin: async () => false,
    });
    await expect(result).rejects.toMatchObject(stopped);
    expect(stub.requests).toEqual([]);
  });

  test('is not begun when the batch that rode on it was overruled', async () => {
    const { result, stub } = await play({
      model: () => ({ text: 'No.' }),
      request: { batch: riding({ text: 'Something else.' }) },
    });
    await expect(result).rejects.toMatchObject(stopped);
    expect(stub.requests).toEqual([]);
  });

  test('ends with the provider’s stream when the store refuses its text, which is not shown', async () => {
    const { result, shown, stub } = await play({ model: saysThenHangs, append: async () => false });
    await expect(result).rejects.toMatchObject(stopped);
    await gone(await stub.request(1));
    expect(shown).toEqual([]);
  });

  test('ends at once when the bus says stop, even before the first word', async () => {
    const { result, bus, stub } = await play({ model: () => ({ hang: true }) });
    const request = await stub.request(1);
    bus.publish(conversation, { type: 'stop', reply_id: 'reply_1' });
    await expect(result).rejects.toMatchObject(stopped);
    await gone(request);
  });

  test('does not end when the bus stops another reply', async () => {
    const release = Promise.withResolvers<{ text: string }>();
    const { result, bus, stub } = await play({ model: () => release.promise });
    await stub.request(1);
    bus.publish(conversation, { type: 'stop', reply_id: 'reply_2' });
    bus.publish({ ...conversation, id: 'd' }, { type: 'stop', reply_id: 'reply_1' });
    release.resolve({ text: 'Still here.' });
    expect((await result).text).toBe('Still here.');
  });

  test('ends with its cancellation', async () => {
    const { result, environment, stub } = await play({ model: saysThenHangs });
    const request = await stub.request(1);
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    await gone(request);
  });
});
