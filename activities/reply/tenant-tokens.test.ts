import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { conversation, play, type Play, riding } from '../../test/kit/reply-play.ts';

const usage = { input_tokens: 90, output_tokens: 10 };
const model = () => ({ text: 'Here.', usage });
const today = { tenant: conversation.tenant, day: '2030-01-31' };
const news = { because: 'news' } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2030-01-31T23:30:00Z') });
});
afterEach(() => void vi.useRealTimers());

/** With 100 tokens a day, of which so many are spent. */
const having = (spent: number, more: Play) =>
  play({
    model,
    settings: { MEANWHILE_MAX_TOKENS_PER_TENANT_PER_DAY: 100 },
    before: (store) => store.spendTokens(today, spent),
    ...more,
  });

describe('R12: the tokens of a tenant', () => {
  test('are counted with each answer, by the day of UTC, limit or none', async () => {
    const { result, store } = await play({ model });
    await result;
    expect(await store.tokensSpent(today)).toBe(100);
    vi.setSystemTime(new Date('2030-02-01T00:30:00Z'));
    expect(await store.tokensSpent({ ...today, day: '2030-02-01' })).toBe(0);
  });

  test('are counted though nobody wants the answer any more', async () => {
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

  test('are not counted where the model has failed', async () => {
    const { result, store } = await play({ model: () => ({ status: 503, text: 'Busy.' }) });
    await expect(result).rejects.toMatchObject({ type: 'ModelUnavailable' });
    expect(await store.tokensSpent(today)).toBe(0);
  });

  test('once they are spent, keep a reply that nobody asked for from the model, with the limit', async () => {
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

  test('leave what rode on such a reply to the next write', async () => {
    const recording = vi.fn<() => Promise<void>>();
    const { result } = await having(100, { request: { ...news, batch: riding({}) }, recording });
    await expect(result).rejects.toMatchObject({ type: 'TenantTokensSpent' });
    expect(recording).not.toHaveBeenCalled();
  });

  test('let it through as long as there are any', async () => {
    const { result, store } = await having(99, { request: { ...news } });
    expect((await result).text).toBe('Here.');
    expect(await store.tokensSpent(today)).toBe(199);
  });

  test.each(['message', 'results'] as const)(
    'never keep anyone from an answer: because of a %s',
    async (because) => {
      const { result } = await having(1_000, { request: { because } });
      expect((await result).text).toBe('Here.');
    },
  );

  test('are there again the next day', async () => {
    vi.setSystemTime(new Date('2030-02-01T00:00:00Z'));
    const { result } = await having(1_000, { request: { ...news } });
    expect((await result).text).toBe('Here.');
  });
});
