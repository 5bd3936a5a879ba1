import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { away } from '../test/kit/away.ts';
import { withBoundedRetries } from './bounded-retries.ts';

/** The number of tries, and the outcome, when each try throws the next of these errors. */
async function tried(...errors: unknown[]) {
  let tries = 0;
  const outcome = await new MockActivityEnvironment()
    .run(() =>
      withBoundedRetries(async () => {
        const error = errors[tries++];
        if (error !== undefined) throw error;
        return 'done';
      }),
    )
    .catch((error: unknown) => error);
  return { tries, outcome };
}

const bug = new TypeError('This is a bug.');

test('an unexpected error is retried a few times and is then final', async () => {
  expect(await tried(bug, bug)).toEqual({ tries: 3, outcome: 'done' });
  const { tries, outcome } = await tried(bug, bug, bug, bug);
  expect(tries).toBe(3);
  expect(outcome).toMatchObject({ type: 'InternalError', nonRetryable: true, cause: bug });
});

test('an application failure and an unavailable store are left to Temporal', async () => {
  const wait = ApplicationFailure.retryable('Not yet.', 'NoSlotYet');
  const gone = away();
  expect(await tried(wait)).toEqual({ tries: 1, outcome: wait });
  expect(await tried(gone)).toEqual({ tries: 1, outcome: gone });
});
