import type { ComponentChildren } from 'preact';
import type { Trigger, Turn, TurnCall, TurnReply } from '../../client/index.ts';
import type { OpenedConversation } from '../opened.ts';
import { withoutHidden } from '../parts/clear-text.ts';
import { duration, plural, timeWithSeconds } from '../parts/words.ts';
import { hashOf } from '../route.ts';
import { service } from '../service.ts';
import { nameOf } from '../talk/because.ts';
import { limitWords } from '../talk/notice.tsx';
import { ruleOf } from './rules.ts';

interface Props {
  turn: Turn;
  opened: OpenedConversation;
  isOpen: boolean;
  /** The entry that was asked for. */
  entry: number | undefined;
}

/** A turn: in two lines, and in full when it is chosen. */
export function TurnView({ turn, opened, isOpen, entry }: Props) {
  const { id } = opened;
  const words = named(opened);
  const said = turn.replies.map(({ text, error }) => text ?? error ?? '').filter(Boolean);
  const seq = turn.replies[0]?.seq ?? 1;
  const cause = turn.triggered_by.map(({ what }) => words(what)).join('; ');
  return (
    <div class={`turn ${isOpen ? 'open' : ''}`} role="listitem">
      <a
        class="turn-head"
        href={isOpen ? hashOf({ view: 'why', id }) : hashOf({ view: 'why', id, entry: seq })}
        aria-expanded={isOpen}
        role="button"
      >
        <time dateTime={turn.started_at}>{timeWithSeconds(turn.started_at)}</time>
        <span class="turn-words">
          <span class={`turn-cause ${turn.because}`}>
            {turn.because === 'message' ? 'You' : 'News'}
            <q>{cause || 'something that is no longer in the log'}</q>
          </span>
          {!isOpen && <span class="turn-said">{plain(said.join(' ')) || 'said nothing'}</span>}
        </span>
        <span class="turn-marks">
          {marksOf(turn).map(([mark, tone]) => (
            <span key={mark} class={`tag ${tone}`}>
              {mark}
            </span>
          ))}
          <span class="meta">#{turn.turn}</span>
        </span>
      </a>
      {isOpen && <Details turn={turn} opened={opened} words={words} entry={entry} />}
    </div>
  );
}

function marksOf({ replies, deferred, limits, superseded, calls }: Turn): [string, string][] {
  const marks: [string, string][] = [];
  if (replies.some(({ status }) => status === 'in_flight')) marks.push(['speaking', 'live']);
  if (replies.some(({ status }) => status === 'interrupted')) marks.push(['cut off', '']);
  if (replies.some(({ status }) => status === 'failed')) marks.push(['failed', 'bad']);
  if (calls.some(({ status }) => status === 'dropped')) marks.push(['call dropped', '']);
  if (deferred.length > 0) marks.push([`${deferred.length} deferred`, '']);
  if (superseded.length > 0) marks.push([`${superseded.length} superseded`, '']);
  if (limits.length > 0) marks.push(['limit', 'asks']);
  return marks;
}

function Details({
  turn,
  opened,
  words,
  entry,
}: Pick<Props, 'turn' | 'opened' | 'entry'> & { words: Words }) {
  const { input_tokens, output_tokens } = turn.usage;
  const isToldAlone = turn.because === 'news' && isSame(turn.spoken, turn.triggered_by);
  const list = (title: string, items: readonly Trigger[], explain?: string) => (
    <Triggers {...{ title, items, explain, opened, words, entry }} />
  );
  return (
    <div class="turn-details">
      {list(titleOf(turn, isToldAlone), turn.triggered_by)}
      <Section
        title={turn.replies.length === 1 ? 'It replied' : `It replied ${turn.replies.length} times`}
      >
        {turn.replies.map((reply) => (
          <Reply key={reply.reply_id} reply={reply} opened={opened} />
        ))}
      </Section>
      {turn.calls.length > 0 && (
        <Section title={`It requested ${plural(turn.calls.length, 'call')}`}>
          {turn.calls.map((call) => (
            <Call key={call.call_id} call={call} opened={opened} />
          ))}
        </Section>
      )}
      {!isToldAlone && list('Told', turn.spoken)}
      {list('Merged', turn.merged, 'A later report of the same call was told instead.')}
      {list('Passed over in silence', turn.silent, 'The model saw it and said nothing about it.')}
      {list('Superseded', turn.superseded, 'Its call was cancelled before it was told.')}
      {list('Never told', turn.unheard, 'The conversation closed first.')}
      {list('Deferred', turn.deferred, 'It arrived during a reply of this turn and waited.')}
      {turn.limits.map(({ seq, limit, value, rule, held_back }) => (
        <Section key={seq} title="Limit reached">
          <li>
            <p>{limitWords(limit, value)}</p>
            <Rules rules={[rule]} />
          </li>
          {held_back.map((item) => (
            <Item key={item.seq} item={item} opened={opened} words={words} isSought={false} />
          ))}
        </Section>
      ))}
      <p class="meta">
        {turn.duration_ms !== undefined && `It took ${duration(turn.duration_ms)}. `}
        {input_tokens + output_tokens === 0
          ? 'No tokens were counted.'
          : `${(input_tokens + output_tokens).toLocaleString()} tokens: ${input_tokens.toLocaleString()} in, ${output_tokens.toLocaleString()} out${turn.usage.estimated ? ', estimated' : ''}.`}
      </p>
    </div>
  );
}

function Section({
  title,
  explain,
  children,
}: {
  title: string;
  explain?: string;
  children: ComponentChildren;
}) {
  return (
    <section>
      <h2>{title}</h2>
      {explain !== undefined && <p class="small">{explain}</p>}
      <ul>{children}</ul>
    </section>
  );
}

type Words = (text: string) => string;

function Triggers({
  title,
  items,
  explain,
  opened,
  words,
  entry,
}: {
  title: string;
  items: readonly (Trigger & { turn?: number })[];
  explain: string | undefined;
  opened: OpenedConversation;
  words: Words;
  entry: number | undefined;
}) {
  if (items.length === 0) return null;
  return (
    <Section title={title} explain={explain}>
      {items.map((item) => (
        <Item
          key={item.seq}
          item={item}
          opened={opened}
          words={words}
          isSought={item.seq === entry}
        />
      ))}
    </Section>
  );
}

function Item({
  item: { seq, at, what, actor, turn },
  opened: { id },
  words,
  isSought,
}: {
  item: Trigger & { turn?: number };
  opened: OpenedConversation;
  words: Words;
  isSought: boolean;
}) {
  return (
    <li class={isSought ? 'sought' : undefined}>
      <p>{words(what)}</p>
      <p class="meta">
        {timeWithSeconds(at)} · {actor.type}{' '}
        {actor.id === actor.type ? '' : withoutHidden(actor.id)} ·{' '}
        <a href={hashOf({ view: 'talk', id, entry: seq })}>entry {seq}</a>
        {turn !== undefined && ` · taken up in turn ${turn}`}
      </p>
    </li>
  );
}

function Reply({ reply, opened: { id } }: { reply: TurnReply; opened: OpenedConversation }) {
  const { seq, text, error, status, rules, started_at, duration_ms, usage } = reply;
  return (
    <li>
      <p class={status === 'failed' ? 'wrong' : undefined}>
        {plain(error ?? text ?? '') || (status === 'in_flight' ? 'speaking …' : 'said nothing')}
      </p>
      <Rules rules={rules} />
      <p class="meta">
        {timeWithSeconds(started_at)}
        {duration_ms !== undefined && ` · ${duration(duration_ms)}`}
        {usage && ` · ${(usage.input_tokens + usage.output_tokens).toLocaleString()} tokens`}
        {status === 'interrupted' && ` · cut off by ${reply.interrupted_by}`} ·{' '}
        <a href={hashOf({ view: 'talk', id, entry: seq })}>entry {seq}</a>
      </p>
    </li>
  );
}

function Call({ call, opened }: { call: TurnCall; opened: OpenedConversation }) {
  const { call_id, seq, status, rules, why } = call;
  const known = opened.state.peek().calls.find(({ id }) => id === call_id);
  const ui = service.value?.temporal_ui;
  const hasRun = known?.started_at !== undefined;
  return (
    <li>
      <p>
        <code>{nameOf(known ?? { tool: call.tool, input: undefined })}</code> {status}
        {why !== undefined && `: ${withoutHidden(why)}`}
      </p>
      <Rules rules={rules} />
      <p class="meta">
        <code>{call_id}</code> ·{' '}
        <a href={hashOf({ view: 'talk', id: opened.id, entry: seq })}>entry {seq}</a>
        {ui && hasRun && (
          <>
            {' · '}
            <a href={ui.call + call_id} target="_blank" rel="noopener noreferrer">
              Temporal UI
            </a>
          </>
        )}
      </p>
    </li>
  );
}

function Rules({ rules }: { rules: readonly string[] }) {
  if (rules.length === 0) return null;
  return (
    <dl class="rules">
      {rules.map((named) => {
        const { title, meaning } = ruleOf(named);
        return (
          <div key={named}>
            <dt title={title}>{named}</dt>
            <dd>{meaning}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function titleOf({ because }: Turn, isToldAlone: boolean): string {
  if (because === 'message') return 'Because you wrote';
  return isToldAlone ? 'Because of news, which it told' : 'Because of news';
}

const isSame = (a: readonly Trigger[], b: readonly Trigger[]) =>
  a.length === b.length && a.every(({ seq }) => b.some((other) => other.seq === seq));

/** An excerpt without the marks of Markdown. */
const plain = (text: string) => withoutHidden(text).replaceAll(/\*\*|__|`|^#+ /gm, '');

/** Replaces ids of calls with their names in what the service says. */
function named({ state }: OpenedConversation): Words {
  const { calls } = state.peek();
  return (text) =>
    withoutHidden(text).replaceAll(/\bcall_\w+/g, (id) => {
      const call = calls.find((each) => each.id === id);
      return call ? nameOf(call) : id;
    });
}
