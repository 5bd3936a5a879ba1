/** Evidence of a run with MCP in which nothing is wrong: one harness, one thread, three calls. For the tests of the checker. */
import type { Entry, EntryKind } from '../../../contract/entry.ts';
import type { Evidence, HarnessEvidence, UpstreamLine } from '../evidence.ts';
import { BEGAN, soundEvidence } from './sound.ts';

/** `call_p` takes long and is told in numbers; `call_q` is answered at once; `call_r` is lost when its server is killed. */
export function soundMcp(): Evidence {
  const evidence = soundEvidence();
  const entries = threadLog();
  return {
    ...evidence,
    conversations: [
      ...evidence.conversations,
      {
        id: 'conv_h',
        isExternal: true,
        entries,
        followed: structuredClone(entries),
        isOver: true,
        head: { status: 'closed', calls: [], usage: { input_tokens: 0, output_tokens: 0 } },
        signalled: [],
        events: [1, 2].map((n) => ({ call_id: 'call_p', n, late: false, at: BEGAN })),
        ended: ['call_p', 'call_q', 'call_r'],
      },
    ],
    upstream: ledger(),
    harnesses: [harness()],
    faults: [
      ...evidence.faults,
      { kind: 'kill', at: BEGAN + 11_500, target: 'upstream', moment: 'random', pids: [300] },
    ],
  };
}

const at = (seconds: number) => BEGAN + seconds * 1_000;

function threadLog(): Entry[] {
  const entries: Entry[] = [];
  const add = (kind: EntryKind, fields: object, cause: number[] = []) => {
    const seq = entries.length + 1;
    const facts = { seq, at: new Date(at(seq)).toISOString(), cause };
    const actor = { type: 'user' as const, id: 'harness' };
    entries.push({ ...facts, actor, kind, ...fields } as Entry);
  };
  const ask = (call_id: string, key: string) =>
    add('call.requested', { call_id, tool: 'shop__pours', input: { key }, report: 'everything' });
  const start = (call_id: string, requested: number) =>
    add('call.started', { call_id }, [requested]);
  const hear = (n: number) =>
    add(
      'call.event',
      { call_id: 'call_p', n, event: 'progress', note: `step ${n}`, schedule: 'when_idle' },
      [1],
    );
  const receipt = (fate: string, of: number[]) => add('receipt', { of, fate }, of);

  ask('call_p', 'h1.1'); //                                        1
  start('call_p', 1); //                                           2
  hear(1); //                                                      3
  ask('call_q', 'h1.2'); //                                        4
  start('call_q', 4); //                                           5
  add('call.completed', { call_id: 'call_q', result: 'done by run_q' }, [4]); // 6
  receipt('delivered', [6]); //                                    7
  hear(2); //                                                      8
  add('call.completed', { call_id: 'call_p', result: 'done by run_p' }, [1]); // 9
  ask('call_r', 'h1.3'); //                                        10
  start('call_r', 10); //                                          11
  const error = { type: 'OutcomeUnknown', message: 'Its server died.' };
  add('call.failed', { call_id: 'call_r', error }, [10]); //       12
  receipt('acknowledged', [3, 8, 9, 12]); //                       13
  add('conversation.closed', {}); //                               14
  return entries;
}

function ledger(): UpstreamLine[] {
  const line = (
    run: string,
    key: string,
    does: UpstreamLine['does'],
    seconds: number,
    step?: number,
  ) => ({
    ...{ server: 'shop', tool: 'pours', key, run, does, pid: 300, at: at(seconds) },
    ...(step !== undefined && { step }),
    ...(does === 'begins' && { isRepeatable: false }),
  });
  return [
    line('run_p', 'h1.1', 'begins', 2),
    line('run_p', 'h1.1', 'step', 2.5, 1),
    line('run_p', 'h1.1', 'told', 2.5, 1),
    line('run_q', 'h1.2', 'begins', 5),
    line('run_q', 'h1.2', 'done', 5.5),
    line('run_p', 'h1.1', 'step', 7.5, 2),
    line('run_p', 'h1.1', 'told', 7.5, 2),
    line('run_p', 'h1.1', 'done', 8.5),
    line('run_r', 'h1.3', 'begins', 11),
  ];
}

function harness(): HarnessEvidence {
  const call = (key: string) => {
    const asked_at = at(1);
    return { key, server: 'shop', tool: 'pours', requests: 1, asked_at, conversation: 'conv_h' };
  };
  const answer = { text: 'done by run_q', isError: false, at: at(6) };
  return {
    id: 'h1',
    has: 'no tasks',
    calls: [call('h1.1'), { ...call('h1.2'), answer }, call('h1.3')],
    told: [
      { conversation: 'conv_h', results: [{ n: 3, text: 'call_p: 25 % step 1' }], at: at(4) },
      {
        conversation: 'conv_h',
        after: 3,
        results: [
          { n: 8, text: 'call_p: 50 % step 2' },
          { n: 9, text: 'call_p, its last: done by run_p' },
        ],
        at: at(10),
      },
      {
        conversation: 'conv_h',
        after: 9,
        results: [{ n: 12, text: 'call_r failed: Its server died. (OutcomeUnknown)' }],
        at: at(13),
      },
    ],
  };
}
