import { expect, test, vi } from 'vitest';
import type { ModelRequest } from '../../model/message.ts';
import { replyRequest } from '../../test/kit/reply-request.ts';
import { withinBudget } from './window-size.ts';

const asks = (text: string): ModelRequest => ({
  model: 'small',
  messages: [
    { role: 'system', text: 'Help.' },
    { role: 'user', text },
  ],
  tools: [],
});
const limited = replyRequest([], { count_tokens: true, most_tokens: 1_000 });

test('a request that certainly fits is not counted before the model is asked', async () => {
  const measured = vi.fn();
  const request = asks('What is a signal?');
  expect(await withinBudget(limited, request, measured)).toBe(request);
  expect(measured).not.toHaveBeenCalled();
});

test('a request that may be too long is counted, and shortened only if it is', async () => {
  const request = asks('word '.repeat(900));
  const size = (tokens: number) => async () => ({ tokens, sizes: { fixed: 0, turns: [] } });
  expect(await withinBudget(limited, request, size(1_000))).toBe(request);
  expect(await withinBudget({ ...limited, most_tokens: 500 }, request, size(1_000))).not.toEqual(
    request,
  );
});
