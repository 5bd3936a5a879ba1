/**
 * The rules that providers enforce and types cannot express, each with the provider. docs/decisions/0017-profiles.md has the
 * sources.
 */
import type { ProfileName } from '../../contract/profile.ts';
import { type RequestBody, toolsOf, type RequestTurn, turnsOf } from './turns.ts';

/** What the providers of each profile require, stated independently of the profiles, so that a test fails when a profile breaks it. */
interface Demands {
  instructions: 'system' | 'developer';
  neighbours?: true;
  alternation?: true;
  id: RegExp;
  /** Asynchronous calls are answered when they are over. Only Responses supports them. */
  async?: true;
}

const demands: Record<ProfileName, Demands> = {
  openai: { instructions: 'developer', id: /^[\w-]{1,40}$/ },
  compatible: { instructions: 'system', id: /^[\w-]{1,40}$/ },
  alternating: {
    instructions: 'system',
    neighbours: true,
    alternation: true,
    id: /^[a-zA-Z0-9]{9}$/,
  },
  tool_result: { instructions: 'system', neighbours: true, id: /^[\w-]{1,40}$/ },
  async_tools: { instructions: 'developer', id: /^[\w-]{1,40}$/, async: true },
};

/** @returns a sentence for each problem */
export function brokenRules(request: RequestBody, profile: ProfileName): string[] {
  const { instructions, neighbours, alternation, id, async } = demands[profile];
  const tools = toolsOf(request);
  const [first, ...turns] = turnsOf(request);
  const role = request.api === 'chat' ? instructions : 'system';
  return [
    ...unless(first?.role === role && first.text !== '', `It does not begin with the ${role}.`),
    ...turns
      .filter((turn) => turn.role === 'system' || turn.role === 'developer')
      .map(() => 'There are instructions in the middle.'),
    ...calls(turns),
    ...asynchronous(turns, tools, request.api === 'responses' && async === true),
    ...names(turns, tools),
    ...turns
      .filter((turn) => turn.role === 'assistant' && turn.text === '' && turn.calls.length === 0)
      .map(() => 'A message of the assistant is empty.'),
    ...unless(turns.at(-1)?.role !== 'assistant', "The last message is the assistant's."),
    ...(neighbours ? twoOfOneRole(turns) : []),
    ...(alternation ? outOfTurn(turns) : []),
    ...ids(turns, id),
  ];
}

/** OpenAI and compatible servers: R13. An asynchronous call is answered once, directly or later, or not yet. */
function calls(turns: RequestTurn[]): string[] {
  const problems: string[] = [];
  const late = new Set<string>();
  let open: string[] = [];
  for (const { role, calls, answers } of [
    ...turns,
    { role: 'end', calls: [], answers: undefined },
  ]) {
    if (role === 'tool') {
      if (!open.includes(answers!) && !late.delete(answers!))
        problems.push(`${answers} is answered without having been called.`);
      open = open.filter((id) => id !== answers);
    } else {
      problems.push(...open.map((id) => `${id} is not answered directly.`));
      open = calls.filter((call) => !call.async).map(({ id }) => id);
      for (const call of calls) if (call.async) late.add(call.id);
    }
  }
  return problems;
}

/** A tool and its calls are marked alike; in other profiles nothing is marked. */
function asynchronous(
  turns: RequestTurn[],
  tools: ReturnType<typeof toolsOf>,
  isKnown: boolean,
): string[] {
  const marked = tools.filter((tool) => tool.async).map(({ name }) => name);
  const declared = tools.map(({ name }) => name);
  return [
    ...(isKnown
      ? unless(marked.length > 0 || declared.length <= 1, 'No tool is asynchronous.')
      : marked.map((name) => `${name} is asynchronous in a profile that does not support it.`)),
    ...turns
      .flatMap((turn) => turn.calls)
      .filter(({ name }) => declared.includes(name))
      .filter(({ name, async = false }) => marked.includes(name) !== async)
      .map(({ id, name }) => `${id} is asynchronous and ${name} is not, or the reverse.`),
  ];
}

/** OpenAI: the pattern, and the length of a description. Gateways: every tool that was called is declared. */
function names(turns: RequestTurn[], tools: ReturnType<typeof toolsOf>): string[] {
  const declared = tools.map(({ name }) => name);
  const called = turns.flatMap((turn) => turn.calls);
  return [
    ...[...declared, ...called.map(({ name }) => name)]
      .filter((name) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      .map((name) => `${name} is not a valid name of a function.`),
    ...unless(new Set(declared).size === declared.length, 'Two tools have the same name.'),
    ...called
      .filter(({ name }) => !declared.includes(name))
      .map(({ name }) => `${name} is called but not declared.`),
    ...called
      .filter(({ arguments: text }) => !/^\{.*\}$/s.test(text) || !JSON.parse(text))
      .map(({ id }) => `The arguments of ${id} are not an object.`),
    ...tools
      .filter(({ description }) => description === '' || description.length > 1_024)
      .map(({ name }) => `The description of ${name} is empty or too long.`),
  ];
}

/** OpenAI: at most 40 characters, no two alike. Mistral: nine letters and digits. */
function ids(turns: RequestTurn[], fits: RegExp): string[] {
  const all = turns.flatMap(({ calls }) => calls.map(({ id }) => id));
  return [
    ...unless(new Set(all).size === all.length, 'Two calls have the same id.'),
    ...all.filter((id) => !fits.test(id)).map((id) => `${id} is not a valid id of a call.`),
  ];
}

/** Qwen's templates: there is a user. Mistral, Anthropic:the user is first. Gemini: a call follows a user or a tool, not the assistant's own words. */
function twoOfOneRole(turns: RequestTurn[]): string[] {
  return [
    ...unless(turns[0]?.role === 'user', 'The user does not begin.'),
    ...turns
      .filter(({ role }, index) => role !== 'tool' && turns[index - 1]?.role === role)
      .map(({ role }) => `Two neighbours have the role ${role}.`),
  ];
}

/** Mistral's API refuses a user after a tool. Its templates count users and assistants, without those that call. */
function outOfTurn(turns: RequestTurn[]): string[] {
  const counted = turns.filter(
    ({ role, calls }) => role === 'user' || (role === 'assistant' && calls.length === 0),
  );
  return [
    ...turns
      .filter(({ role }, index) => role === 'user' && turns[index - 1]?.role === 'tool')
      .map(() => 'A user follows a tool.'),
    ...counted
      .filter(({ role }, index) => (role === 'user') !== (index % 2 === 0))
      .slice(0, 1)
      .map(() => 'User and assistant do not alternate.'),
  ];
}

const unless = (holds: boolean, problem: string) => (holds ? [] : [problem]);
