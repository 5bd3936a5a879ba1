/**
 * A task's id contains all of its state: the conversation, and what the task waits for. The id is signed, so it can neither be guessed
 * nor changed to another conversation or tenant. It is valid after any restart and on any connection.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export type TaskFacts = {
  tenant: string;
  conversation: string;
  /** Milliseconds since 1970. */ created: number;
} & (
  | {
      kind: 'ask';
      message_id: string;
      /** Set if the conversation was begun for this question, and ends if it is cancelled. */
      own?: true;
    }
  /** Waits for the first result after `after`, of `calls` if there are any. The log ended at `from` then. */
  | { kind: 'next'; after: number; from: number; calls?: string[] }
  /** One call of a client that has a model of its own. */
  | { kind: 'call'; call_id: string }
);

/** Short, since the id is in a header of every request about the task. */
const packed = z.union([
  z.tuple([z.literal('a'), z.string(), z.string(), z.int(), z.string(), z.literal([0, 1])]),
  z.tuple([
    z.literal('n'),
    z.string(),
    z.string(),
    z.int(),
    z.int(),
    z.int(),
    z.array(z.string()).optional(),
  ]),
  z.tuple([z.literal('c'), z.string(), z.string(), z.int(), z.string()]),
]);

function pack(facts: TaskFacts): z.infer<typeof packed> {
  const { tenant, conversation, created } = facts;
  switch (facts.kind) {
    case 'ask':
      return ['a', tenant, conversation, created, facts.message_id, facts.own ? 1 : 0];
    case 'next': {
      const { after, from, calls } = facts;
      const wanted = ['n', tenant, conversation, created, after, from] as const;
      return calls ? [...wanted, calls] : [...wanted];
    }
    case 'call':
      return ['c', tenant, conversation, created, facts.call_id];
  }
}

function unpack(given: z.infer<typeof packed>): TaskFacts {
  const [, tenant, conversation, created] = given;
  const facts = { tenant, conversation, created };
  switch (given[0]) {
    case 'a':
      return { ...facts, kind: 'ask', message_id: given[4], ...(given[5] === 1 && { own: true }) };
    case 'n':
      return {
        ...facts,
        kind: 'next',
        after: given[4],
        from: given[5],
        ...(given[6] && { calls: given[6] }),
      };
    case 'c':
      return { ...facts, kind: 'call', call_id: given[4] };
  }
}

/** @returns letters, digits, `_`, `-` and one dot */
export function signTaskId(secret: string, given: TaskFacts): string {
  const payload = Buffer.from(JSON.stringify(pack(given))).toString('base64url');
  return `${payload}.${signature(secret, payload).toString('base64url')}`;
}

/** Undefined for an id that this service did not make. */
export function readTaskId(secret: string, id: string): TaskFacts | undefined {
  const [, payload, given] = /^([\w-]+)\.([\w-]{22})$/.exec(id) ?? [];
  if (payload === undefined || given === undefined) return undefined;
  if (!timingSafeEqual(Buffer.from(given, 'base64url'), signature(secret, payload))) {
    return undefined;
  }
  // The signature is valid, so the content is our own.
  return unpack(packed.parse(JSON.parse(Buffer.from(payload, 'base64url').toString())));
}

/** 128 bits. The prefix separates it from everything else that the secret signs. */
const signature = (secret: string, payload: string) =>
  createHmac('sha256', secret).update(`mcp-tasks.${payload}`).digest().subarray(0, 16);
