/** Reads a typed line as a message or a command. */
import type { CallState } from '../../client/index.ts';

export type ChatCommand =
  | { kind: 'say'; text: string; queue?: true }
  | { kind: 'calls'; call?: string }
  | { kind: 'cancel' | 'approve'; call?: string }
  | { kind: 'deny'; call?: string; reason?: string }
  /** `given`: what follows the command. */
  | { kind: 'answer' | 'decline'; given: string }
  | { kind: 'stop' | 'why' | 'open' | 'close' | 'help' | 'quit' }
  | { kind: 'nothing' }
  /** `message` is one sentence. */
  | { kind: 'wrong'; message: string };

export const HELP = `/calls [CALL]          the calls of this conversation, or all facts of one
/cancel [CALL]         cancels a call
/approve [CALL]        lets a call run that waits for approval; so does Ctrl-Y
/deny [CALL] [REASON]  refuses it; so does Ctrl-N
/answer [CALL] [JSON]  answers what a call asks, {"branch": "main"}; the text alone if it asks for one thing
/decline [CALL]        refuses to answer it
/stop                  stops the reply and all calls; Esc stops the reply alone
/queue TEXT            says something without interrupting the agent
/why                   which rule made the agent speak, or keeps it quiet
/open                  opens the conversation in a browser
/close                 ends the conversation for good
/quit                  leaves; the conversation goes on. So do Ctrl-C and Ctrl-D

CALL is a number of /calls, an id, or the name of a tool. Up and Down recall what you typed, Alt-Enter begins a
new line, and // begins a message that starts with /.`;

export function readLine(line: string): ChatCommand {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, name, rest = ''] = /^\/(\w*)\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined) return { kind: 'say', text };
  const [word, ...more] = rest.split(/\s+/).filter(Boolean);
  const call = word === undefined ? {} : { call: word };
  switch (name) {
    case 'calls':
    case 'cancel':
    case 'approve':
      return more.length > 0
        ? { kind: 'wrong', message: `/${name} takes one call at most.` }
        : { kind: name, ...call };
    case 'deny': {
      const reason = rest.slice(word?.length ?? 0).trim();
      return { kind: 'deny', ...call, ...(reason !== '' && { reason }) };
    }
    case 'answer':
    case 'decline':
      return { kind: name, given: rest };
    case 'queue':
      return rest === ''
        ? { kind: 'wrong', message: '/queue needs the text to say.' }
        : { kind: 'say', text: rest, queue: true };
    case 'stop':
    case 'why':
    case 'open':
    case 'close':
    case 'help':
    case 'quit':
      return rest === ''
        ? { kind: name }
        : { kind: 'wrong', message: `/${name} takes no argument.` };
    default:
      return {
        kind: 'wrong',
        message: `There is no command /${name}. /help lists all; // begins a message that starts with /.`,
      };
  }
}

/**
 * The call that is meant: by its number among all calls, its id, or its tool's name; if none is given, the only candidate.
 * @param among the candidates
 * @param all every call of the conversation, in order
 * @returns an explanation if none or several are meant
 */
export function findCall(
  given: string | undefined,
  among: readonly CallState[],
  all: readonly CallState[],
): CallState | string {
  const matches = among.filter(
    (call) =>
      given === undefined ||
      call.id === given ||
      call.tool === given ||
      String(all.indexOf(call) + 1) === given,
  );
  const [match, ...others] = matches;
  if (match && others.length === 0) return match;
  if (among.length === 0) return 'There is no such call now.';
  const listed = among.map((call) => `${all.indexOf(call) + 1} ${call.tool}`).join(', ');
  return match
    ? `Which one? ${listed}`
    : `There is no call "${given}" to do that with, only: ${listed}`;
}
