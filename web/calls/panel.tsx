import { useComputed, useSignal } from '@preact/signals';
import type { CallState } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { withoutHidden } from '../parts/clear-text.ts';
import { Down } from '../parts/icons.tsx';
import { inputLine } from '../parts/summary.ts';
import { between, duration, plural } from '../parts/words.ts';
import { hashOf } from '../route.ts';
import { toneOf } from '../talk/tone.ts';
import { Approval } from './approval.tsx';
import { Bar } from './bar.tsx';
import { QuestionForm } from './question.tsx';

/** The open calls: beside the talk if there is room, otherwise below it. */
export function CallsPanel({ opened }: { opened: OpenedConversation }) {
  const isOpen = useSignal(false);
  const approvals = useComputed(() => opened.state.value.approvals).value;
  const questions = useComputed(() => opened.state.value.questions).value;
  const asking = approvals.length + questions.length;
  const { open, closed } = opened.state.value;
  const running = open.filter(({ status }) => status === 'running' || status === 'requested');
  const working = running.filter(({ question }) => question === undefined);
  const queued = open
    .filter(({ status }) => status === 'queued')
    .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
  const summary = [
    asking > 0 && `${asking} need${asking === 1 ? 's' : ''} you`,
    working.length > 0 && `${working.length} running`,
    queued.length > 0 && `${queued.length} queued`,
  ].filter((words) => words !== false);
  return (
    <aside
      class={`panel ${open.length === 0 ? 'nothing' : ''} ${isOpen.value ? 'open' : ''}`}
      aria-label="Meanwhile: calls"
    >
      <h2>Meanwhile</h2>
      {open.length > 0 && (
        <button
          class={`panel-fold narrow-only ${asking > 0 ? 'asks' : ''}`}
          aria-expanded={isOpen.value}
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          <span>{summary.join(' · ')}</span>
          <Total calls={running} />
          <Down />
        </button>
      )}
      <div class="panel-inside">
        {open.length === 0 && (
          <p class="small">
            No call is running.
            {!closed && ' Calls appear here and report while the talk goes on.'}
          </p>
        )}
        <Group title="Needs you" calls={[...approvals, ...questions]}>
          {(call) =>
            call.question ? (
              <QuestionForm key={call.question.id} call={call} opened={opened} />
            ) : (
              <Approval key={call.id} call={call} opened={opened} />
            )
          }
        </Group>
        <Group title="Running" calls={running}>
          {(call) => <Bar key={call.id} call={call} opened={opened} />}
        </Group>
        <Group title={`Queued, ${plural(queued.length, 'call')}`} calls={queued}>
          {(call) => <Bar key={call.id} call={call} opened={opened} />}
        </Group>
        <Ended opened={opened} />
      </div>
    </aside>
  );
}

/** The last few calls that have ended, so that a bar does not simply vanish. */
function Ended({ opened }: { opened: OpenedConversation }) {
  const ended = opened.state.value.calls
    .filter(({ ended_seq }) => ended_seq !== undefined)
    .toSorted((a, b) => b.ended_seq! - a.ended_seq!)
    .slice(0, 5);
  if (ended.length === 0) return null;
  return (
    <section class="wide-only">
      <h3 class="group">Ended</h3>
      <ul class="ended">
        {ended.map((call) => (
          <li key={call.id}>
            <a
              class={toneOf(call)}
              href={hashOf({ view: 'talk', id: opened.id, entry: call.ended_seq })}
            >
              <b>{withoutHidden(call.tool)}</b> <span class="given">{inputLine(call.input)}</span>
              <span class="how">{call.status === 'completed' ? tookOf(call) : call.status}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

const tookOf = ({ started_at, requested_at, ended_at }: CallState) =>
  duration(between(started_at ?? requested_at, ended_at!));

function Group({
  title,
  calls,
  children,
}: {
  title: string;
  calls: readonly CallState[];
  children: (call: CallState) => preact.VNode;
}) {
  if (calls.length === 0) return null;
  return (
    <section>
      <h3 class="group">{title}</h3>
      <ul>{calls.map(children)}</ul>
    </section>
  );
}

/** One bar for all calls, for screens without room for each. */
function Total({ calls }: { calls: readonly CallState[] }) {
  const known = calls.flatMap(({ percent }) => percent ?? []);
  if (known.length === 0) return null;
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  return <progress max={100} value={mean} aria-label="All running calls" />;
}
