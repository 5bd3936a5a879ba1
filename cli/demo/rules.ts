/**
 * The demo model's rules. It is not an AI, and knows only the messages of the request:
 * 1. News in `<now>` is told first, one sentence for each fact.
 * 2. Then every user message since the last answer is answered, by fixed patterns (intents.ts).
 * 3. A request that was cut off or dropped because the user wrote again is still carried out, unless the user cancels it.
 * 4. With neither news nor a question it says nothing.
 * 5. Asked for a summary, it lists the user's messages, the calls and their outcomes (summary.ts).
 */
import { CANCEL_TOOL } from '../../contract/names.ts';
import type { AskedCall, ModelMessage } from '../../model/message.ts';
import { type Intent, readIntents } from './intents.ts';
import { INSTALLER, listOf, nameOf, PAYMENT, tellNews, tellProgress, toolOf } from './news.ts';
import { type Fact, readSituation, type Situation } from './situation.ts';
import { summaryOf } from './summary.ts';

export interface DemoAnswer {
  text: string;
  calls: AskedCall[];
}

/** @param tools names of the tools that the request offers */
export function answer(messages: readonly ModelMessage[], tools: readonly string[]): DemoAnswer {
  const summary = summaryOf(messages);
  if (summary !== undefined) return { text: summary, calls: [] };
  const situation = readSituation(messages);
  const plan: Plan = { install: [], pay: [], cancel: [], say: [] };
  for (const { tool, arguments: given } of situation.dropped) {
    if (tool === INSTALLER) addInstall(plan, String(given.package), textOf(given.report));
    if (tool === PAYMENT) plan.pay.push({ to: String(given.to), amount: Number(given.amount) });
  }
  for (const intent of situation.unfinished.flatMap(readIntents)) {
    if (STILL_CARRIED_OUT.has(intent.kind)) carryOut(intent, plan, situation);
  }
  plan.say = [];
  for (const intent of situation.unanswered.flatMap(readIntents)) carryOut(intent, plan, situation);

  const missing = missingTool(plan, tools);
  if (missing) return { text: `I have no tool ${missing} here.`, calls: [] };
  return {
    text: [
      ...situation.news.flatMap((fact) => tellNews(fact, situation.uses)),
      ...actions(plan, situation),
      ...plan.say,
    ].join(' '),
    calls: [
      ...plan.cancel.map(({ call_id }) => call(CANCEL_TOOL, { call_id })),
      ...plan.install.map(({ name, report }) =>
        call(INSTALLER, { package: name, ...(report && { report }) }),
      ),
      ...plan.pay.map((payment) => call(PAYMENT, payment)),
    ],
  };
}

/** Carried out even if the user wrote again before they were started. */
const STILL_CARRIED_OUT = new Set<Intent['kind']>(['install', 'pay', 'cancel']);

interface Plan {
  install: { name: string; report?: string }[];
  pay: { to: string; amount: number }[];
  cancel: Fact[];
  say: string[];
  /** `report` of the installer that was cancelled last: its replacement has the same. */
  cancelledReport?: string;
}

function carryOut(intent: Intent, plan: Plan, situation: Situation): void {
  switch (intent.kind) {
    case 'install': {
      const report = intent.report ?? (intent.instead ? plan.cancelledReport : undefined);
      for (const name of intent.packages) addInstall(plan, name, report);
      return;
    }
    case 'pay':
      return void plan.pay.push({ to: intent.to, amount: intent.amount });
    case 'report':
      if (plan.install.length === 0) plan.say.push('I can set that only as an installer starts.');
      plan.install = plan.install.map((each) => ({ ...each, report: intent.report }));
      return;
    case 'cancel':
      return cancel(intent.packages, plan, situation);
    case 'progress':
      return void plan.say.push(...howFar(plan, situation));
    case 'signal':
      return void plan.say.push(SIGNAL);
    case 'greeting':
      return void plan.say.push(`Hello! ${WHO} ${TRY}`);
    case 'help':
      return void plan.say.push(`${WHO} ${TRY}`);
    case 'unknown':
      return void plan.say.push(`${WHO} I do not understand that. ${TRY}`);
    default:
      intent satisfies never;
  }
}

function addInstall(plan: Plan, name: string, report: string | undefined): void {
  plan.install = [...plan.install.filter((other) => other.name !== name), { name, report }];
}

/** Without names, cancels everything that runs or is planned. */
function cancel(packages: string[], plan: Plan, { open, uses }: Situation): void {
  const isMeant = (name: string) => packages.length === 0 || packages.includes(name);
  const planned = plan.install.filter(({ name }) => isMeant(name));
  const running = open.filter(
    (fact) => toolOf(fact, uses) !== CANCEL_TOOL && isMeant(nameOf(fact, uses)),
  );
  plan.install = plan.install.filter(({ name }) => !isMeant(name));
  if (packages.length === 0) plan.pay = [];
  plan.cancel = [...new Set([...plan.cancel, ...running])];
  plan.cancelledReport = [
    ...planned.map(({ report }) => report),
    ...running.map(({ call_id }) => textOf(uses.get(call_id)?.arguments.report)),
  ].find((report) => report !== undefined);
  if (running.length > 0) return;
  plan.say.push(
    planned.length > 0
      ? `${listOf(planned.map(({ name }) => name))} will not be installed.`
      : `There is nothing to cancel${packages.length > 0 ? ` for ${listOf(packages)}` : ''}.`,
  );
}

function howFar(plan: Plan, { open, uses }: Situation): string[] {
  const going = open.filter((fact) => !plan.cancel.includes(fact));
  if (going.length === 0 && plan.install.length === 0) return ['Nothing is running.'];
  return going.map((fact) => tellProgress(fact, uses));
}

/** Says what is cancelled and started, in one sentence if both happen. */
function actions(plan: Plan, { uses }: Situation): string[] {
  const ended = plan.cancel.map((fact) => nameOf(fact, uses));
  const cancelling = ended.length > 0 ? [`Cancelling ${listOf(ended)}`] : [];
  const starting = [...Map.groupBy(plan.install, ({ report }) => report)].map(
    ([report, group], index) => {
      const verb = index === 0 && ended.length > 0 ? 'starting' : 'Starting';
      return `${verb} the installer for ${listOf(group.map(({ name }) => name))}${promise(report)}.`;
    },
  );
  const paying = plan.pay.map(({ to, amount }) => `Asking whether ${amount} may go to ${to}.`);
  const [first, ...rest] = starting;
  if (!first) return [...cancelling.map((sentence) => `${sentence}.`), ...paying];
  return [[...cancelling, first].join(' and '), ...rest, ...paying];
}

function promise(report: string | undefined): string {
  if (!report) return '';
  return `; I will tell you ${report === 'only the end' ? 'at the end' : report}`;
}

function missingTool({ install, pay, cancel: cancelled }: Plan, tools: readonly string[]) {
  if (pay.length > 0 && !tools.includes(PAYMENT)) return PAYMENT;
  if (install.length > 0 && !tools.includes(INSTALLER)) return INSTALLER;
  return cancelled.length > 0 && !tools.includes(CANCEL_TOOL) ? CANCEL_TOOL : undefined;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

const call = (name: string, input: object): AskedCall => ({
  name,
  arguments: JSON.stringify(input),
});

const WHO = 'I am a scripted demo model, not an AI: I follow a few fixed rules.';

const TRY =
  'Try: "install alpha and update me every 25%", "how far is it", "cancel it and install beta instead", "what is a signal in Temporal".';

const SIGNAL =
  'A signal in Temporal is an asynchronous message to a running workflow: the server writes it to the history of the workflow, and the sender does not wait for a result. ' +
  'A handler in the workflow receives it and may change what the workflow does next, and a signal that comes while no worker runs is delivered as soon as one does.';
