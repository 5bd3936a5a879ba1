/** Prints turns as text: who triggered what, and when. */
import { cut } from '../contract/stored.ts';
import type { Trigger, Turn, TurnCall, TurnReply } from '../contract/turns.ts';

/** One block of lines per turn. */
export function printTurn(turn: Turn): string {
  const lines = [
    `turn ${turn.turn}  ${turn.started_at}  because of ${turn.because}${inMs(turn)}, ${tokens(turn)}`,
    ...turn.triggered_by.map((trigger) => `  from     ${describe(trigger)}`),
    ...turn.replies.map((reply) => `  ${reply.reply_id.padEnd(8)} ${describeReply(reply)}`),
    ...turn.calls.map((call) => `  call     ${describeCall(call)}`),
    ...section('told', turn.spoken),
    ...section('merged', turn.merged),
    ...section('silent', turn.silent),
    ...section('dropped', turn.superseded),
    ...section('unheard', turn.unheard),
    ...turn.deferred.map(
      (waited) =>
        `  waited   ${describe(waited)} → ${waited.turn ? `turn ${waited.turn}` : 'still waits'}`,
    ),
    ...turn.limits.flatMap(({ seq, limit, value, rule, held_back }) => [
      `  limit    ${limit} (${value}) reached, #${seq} [${rule}]`,
      ...section('held', held_back),
    ]),
  ];
  return lines.join('\n');
}

const inMs = ({ duration_ms }: { duration_ms?: number }) =>
  duration_ms === undefined ? ', going on' : `, ${duration_ms} ms`;

const tokens = ({ usage: { input_tokens, output_tokens, estimated } }: Turn) =>
  `${estimated ? 'about ' : ''}${input_tokens} + ${output_tokens} tokens`;

const section = (name: string, triggers: Trigger[]) =>
  triggers.map((trigger) => `  ${name.padEnd(8)} ${describe(trigger)}`);

function describe({ seq, at, actor, what }: Trigger): string {
  return `#${seq} ${at.slice(11, 23)} ${actor.type} ${actor.id}: ${oneLine(what)}`;
}

function describeReply(reply: TurnReply): string {
  const { seq, status, interrupted_by: by, error, text, reason, rules } = reply;
  const how = status === 'interrupted' ? `interrupted by ${by}` : status.replace('_', ' ');
  const words = error ?? text;
  return `#${seq} (${reason}) [${rules.join(', ')}] ${how}${inMs(reply)}${words ? `: ${oneLine(words)}` : ''}`;
}

function describeCall({ call_id, tool, seq, reply_id, status, rules, why }: TurnCall): string {
  const met = rules.length > 0 ? ` [${rules.join(', ')}]` : '';
  return `#${seq} ${call_id} ${tool}, asked for by ${reply_id}: ${status}${met}${why ? ` (${oneLine(why)})` : ''}`;
}

/** Short enough for a terminal. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 90 ? `${cut(line, 0, 89)}…` : line;
}
