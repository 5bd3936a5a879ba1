/** A story in words: its script, then what was heard and what was decided, with the times. */
import type { Entry } from '../../contract/entry.ts';
import type { Decision, Effect, Event } from '../../conversation/event.ts';
import { Violation } from './violation.ts';

/** Everything that was decided, and what was heard for it. */
export interface RacedStory {
  readonly told: { events: Event[]; decided: Decision }[];
}

/** Lives through it once more. */
export function tell<S>(
  script: S,
  live: (script: S, watch: (story: RacedStory) => void) => unknown,
): string {
  let told: RacedStory['told'] = [];
  let end = 'Every promise held.';
  try {
    live(script, (story) => (told = story.told));
  } catch (error) {
    end = error instanceof Violation ? error.message : String((error as Error).stack);
  }
  const lines = told.flatMap(({ events, decided }) => [
    ...events.map((event) => `${time(event.at)}  → ${wordsOf(event)}`),
    ...decided.entries.map(
      (entry) => `${' '.repeat(12)}${String(entry.seq).padStart(4)}  ${inShort(entry)}`,
    ),
    ...decided.effects.map((effect) => `${' '.repeat(16)}  ⇒ ${effect.kind} ${subjectOf(effect)}`),
  ]);
  const shown = lines.length > MOST_LINES ? ['…', ...lines.slice(-MOST_LINES)] : lines;
  return [JSON.stringify(script), ...shown, end].join('\n');
}

/** The last lines of a story are enough to understand one that never ends. */
const MOST_LINES = 200;

const time = (at: number) => `${at - 1_000_000} ms`.padStart(10);

const wordsOf = ({ at: _, ...event }: Event) => short(event);

const inShort = ({ at: _, actor: __, ...entry }: Entry) => {
  const { seq: ___, kind, cause, ...body } = entry;
  return `${kind} ${short(body)}${cause.length > 0 ? ` ← ${cause.join(', ')}` : ''}`;
};

function subjectOf(effect: Effect): string {
  switch (effect.kind) {
    case 'start_reply':
      return `${effect.request.reply_id}, news [${effect.request.news.join(', ')}]`;
    case 'stop_reply':
      return effect.reply_id;
    case 'start_call':
    case 'stop_begun':
      return effect.call.call_id;
    case 'cancel_call':
    case 'answer_call':
    case 'look_up_call':
      return effect.call_id;
    case 'push_news':
      return effect.news.map(({ seq }) => seq).join(', ');
    case 'summarise':
      return `${effect.range.from} to ${effect.range.to}`;
    case 'stop_summary':
      return '';
  }
}

/** As JSON, without quotes. */
const short = (value: object) => JSON.stringify(value).replaceAll('"', '');
