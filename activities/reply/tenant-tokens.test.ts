import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { conversation, play, type ReplyPlay, riding } from '../../test/kit/reply-play.ts';

const usage = { input_tokens: 90, output_tokens: 10 };
const model = () => ({ text: 'Here.', usage });
const today = { tenant: conversation.tenant, day: '2030-01-31' };
const news = { because: 'news' } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-31T23:30:00Z') });
});
afterEach(() => void vi.useRealTimers());

/** A reply with 100 tokens a day, of which `spent` are spent. */
const having = (spent: number, more: ReplyPlay) =>
  play({
    model,
    settings: { MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY: 100 },
    before: (store) => store.spendTokens(today, spent),
    ...more,
  });

describe('R12: the tokens of a tenant', () => {
  test('are counted with each answer, by UTC day, with or without a limit', async () => {
    const { result, store } = await play({ model });
    await result;
    expect(await store.tokensSpent(today)).toBe(100);
    vi.setSystemTime(new Date('2030-02-01T00:30:00Z'));
    expect(await store.tokensSpent({ ...today, day: '2030-02-01' })).toBe(0);
  });

  test('are counted even if the answer is no longer wanted', async () => {
    const counted = Promise.withResolvers<void>();
    const { result, store } = await play({
      model: () => ({ text: 'Here.', usage }),
      before: async (store) => {
        const { spendTokens } = store;
        store.spendTokens = (of, amount) => spendTokens(of, amount).finally(counted.resolve);
      },
      begin: () => counted.promise.then(() => false),
    });
    await expect(result).rejects.toMatchObject({ type: 'ReplyStopped' });
    expect(await store.tokensSpent(today)).toBe(100);
  });

  test('are not counted when the model fails', async () => {
    const { result, store } = await play({ model: () => ({ status: 503, text: 'Busy.' }) });
    await expect(result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(await store.tokensSpent(today)).toBe(0);
  });

  test('keep an unprompted reply from the model once they are spent, and the failure names the limit', async () => {
    const { result, stub, happened } = await having(100, { request: { ...news } });
    await expect(result).rejects.toMatchObject({
      type: 'TenantTokensSpent',
      nonRetryable: true,
      message: 'default has used its 100 tokens for the day (UTC).',
      details: [{ limit: 'max_tokens_per_tenant_per_day', value: 100 }],
    });
    expect(stub.requests).toEqual([]);
    expect(happened).toEqual([]);
  });

  test('leave the batch that rode on such a reply to the next write', async () => {
    const recording = vi.fn<() => Promise<void>>();
    const { result } = await having(100, { request: { ...news, batch: riding({}) }, recording });
    await expect(result).rejects.toMatchObject({ type: 'TenantTokensSpent' });
    expect(recording).not.toHaveBeenCalled();
  });

  test('let an unprompted reply through while any are left', async () => {
    const { result, store } = await having(99, { request: { ...news } });
    expect((await result).text).toBe('Here.');
    expect(await store.tokensSpent(today)).toBe(199);
  });

  test.each(['message', 'results'] as const)(
    'never prevent a reply because of a %s',
    async (because) => {
      const { result } = await having(1_000, { request: { because } });
      expect((await result).text).toBe('Here.');
    },
  );

  test('are available again the next day', async () => {
    vi.setSystemTime(new Date('2030-02-01T00:00:00Z'));
    const { result } = await having(1_000, { request: { ...news } });
    expect((await result).text).toBe('Here.');
  });
});
