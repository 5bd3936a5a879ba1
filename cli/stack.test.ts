import { expect, test } from 'vitest';
import { createStack } from './stack.ts';

test('parts are closed one by one, the last opened first', async () => {
  const stack = createStack();
  const seen: string[] = [];
  const open = (name: string) =>
    stack.opening(name, name, async () => {
      seen.push(`${name} closes`);
      await Promise.resolve();
      seen.push(`${name} closed`);
    });
  await Promise.all(['lock', 'store', 'API'].map(open));
  await stack.close();
  expect(seen).toEqual([
    ...['API closes', 'API closed'],
    ...['store closes', 'store closed'],
    ...['lock closes', 'lock closed'],
  ]);
});

test('a part that is still opening is awaited and closed in its turn', async () => {
  const stack = createStack();
  const closed: string[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  void stack.opening('slow', promise, (part) => void closed.push(part));
  await stack.opening('quick', 'quick', (part) => void closed.push(part));
  const closing = stack.close();
  resolve('slow');
  await closing;
  expect(closed).toEqual(['quick', 'slow']);
});

test('a part that fails to open rejects for its caller and is not closed', async () => {
  const stack = createStack();
  const opening = stack.opening('store', Promise.reject(new Error('no disk')), () => {
    throw new Error('closed what is not there');
  });
  await stack.close();
  await expect(opening).rejects.toThrow('no disk');
});

test('a part that fails to close is named, and the others are still closed', async () => {
  const stack = createStack();
  let closed = false;
  await stack.opening('The lock', 0, () => void (closed = true));
  await stack.opening('The store', 0, () => Promise.reject(new Error('no disk')));
  await stack.opening('The worker', 0, () => {
    throw new Error('stuck');
  });
  await expect(stack.close()).rejects.toThrow(
    'The worker did not stop cleanly: Error: stuck\nThe store did not stop cleanly: Error: no disk',
  );
  expect(closed).toBe(true);
});

test('a part that does not close in time, or never opened, is named, and the others are still closed', async () => {
  const stack = createStack(10);
  const closed: string[] = [];
  await stack.opening('The lock', 0, () => void closed.push('lock'));
  void stack.opening('The store', new Promise(() => {}), () => void closed.push('store'));
  await stack.opening('The worker', 0, () => new Promise(() => {}));
  await stack.opening('The API', 0, () => void closed.push('API'));
  await expect(stack.close()).rejects.toThrow(
    'The worker did not stop cleanly: Error: it took longer than 0.01 s\nThe store did not stop cleanly: Error: it took longer than 0.01 s',
  );
  expect(closed).toEqual(['API', 'lock']);
});

test('closing twice closes once', async () => {
  const stack = createStack();
  let times = 0;
  await stack.opening('store', 0, () => void (times += 1));
  await Promise.all([stack.close(), stack.close()]);
  expect(times).toBe(1);
});
