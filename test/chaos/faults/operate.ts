/** An operator terminates, cancels and resets conversations and calls. */
import { callWorkflowId, conversationWorkflowId, DEFAULT_TENANT } from '../../../contract/names.ts';
import type { Operation } from '../evidence.ts';
import { CONDITIONS, STANDSTILLS } from '../moments.ts';
import type { Random } from '../random.ts';
import { openCalls, type ChaosTalk } from '../workload.ts';
import type { Fault, FaultTargets } from './fault.ts';
import { oneOf, type Point } from './operators.ts';

const DONE = { terminate: 'terminated', cancel: 'cancelled', reset: 'reset' } as const;
const nothing = Promise.resolve(undefined);
const WHEN = { random: 10, ...STANDSTILLS, ...CONDITIONS };

export const operations: Fault[] = [
  onConversation('terminate', 3),
  onConversation('cancel', 3),
  onConversation('reset', 3, 'its first task'),
  onConversation('reset', 3, 'a random task'),
  onConversation('reset', 4, 'the task that started a call'),
  onClosed(1),
  onCall('terminate', 4),
  onCall('cancel', 3),
  onCall('reset', 3, 'its first task'),
  onCall('reset', 2, 'a random task'),
];

function onConversation(does: Operation['does'], weight: number, point?: Point): Fault {
  return {
    kind: 'operator',
    name: `conversation: ${DONE[does]}${point ? ` to ${point}` : ''}`,
    weight,
    moments: WHEN,
    inject(stage, chance, scene) {
      const talk = scene.talk ?? oneOf(stage.workload.live(), chance);
      return talk && !talk.isGone ? actOn(stage, chance, talk, { does, point }) : nothing;
    },
  };
}

/** R15: closed is final, whatever an operator does. */
function onClosed(weight: number): Fault {
  return {
    kind: 'operator',
    name: 'closed conversation: reset',
    weight,
    moments: { random: 1 },
    inject(stage, chance) {
      const over = stage.workload.talks.filter(
        ({ follower, isGone }) => follower.isOver && !isGone,
      );
      const talk = oneOf(over, chance);
      return talk ? actOn(stage, chance, talk, { does: 'reset', point: 'a random task' }) : nothing;
    },
  };
}

function onCall(does: Operation['does'], weight: number, point?: Point): Fault {
  return {
    kind: 'operator',
    name: `call: ${DONE[does]}${point ? ` to ${point}` : ''}`,
    weight,
    moments: WHEN,
    inject(stage, chance, scene) {
      const talks = scene.talk ? [scene.talk] : stage.workload.live().filter((t) => !t.isGone);
      const open = talks.flatMap((talk) => running(talk).map((call_id) => ({ talk, call_id })));
      const found = oneOf(open, chance);
      return found
        ? actOn(stage, chance, found.talk, { does, point, call_id: found.call_id })
        : nothing;
    },
  };
}

interface Act {
  does: Operation['does'];
  point?: Point;
  call_id?: string;
}

async function actOn({ operators }: FaultTargets, chance: Random, talk: ChaosTalk, act: Act) {
  const { does, point, call_id } = act;
  const workflowId = call_id
    ? callWorkflowId(DEFAULT_TENANT, call_id)
    : conversationWorkflowId({ tenant: DEFAULT_TENANT, id: talk.id });
  // Its user may be told at once that it is gone.
  talk.isTouched = true;
  const done = await operators.operate(does, workflowId, chance, point);
  if (!done) return undefined;
  if (!call_id && does !== 'reset') talk.goes();
  const operation = { does, conversation: talk.id, ...(call_id && { call_id }), ...done };
  return { operation };
}

/** Calls that have a workflow. */
function running({ follower: { entries } }: ChaosTalk): string[] {
  const started = new Set(
    entries.flatMap((entry) => (entry.kind === 'call.started' ? [entry.call_id] : [])),
  );
  return openCalls(entries).filter((id) => started.has(id));
}
