import { fileURLToPath } from 'node:url';
import type { Situation } from '../../cli/demo/situation.ts';
import { defineExample } from '../example.ts';
import { type CallHistory, callsIn, invented, untold } from '../facts.ts';
import { broughtBy, call, smallTalk } from '../scripted.ts';
import { type DeployConsole, startConsole } from './console.ts';
import type { ShownPage } from './extensions/page.ts';

export default defineExample<DeployConsole>({
  name: 'gui',
  about: 'The agent operates a web page, and adapts when a dialog opens and a build turns red.',
  folder: fileURLToPath(new URL('extensions', import.meta.url)),
  open: () => startConsole(),
  answer,

  async play(talk, world) {
    await talk.say(`Open ${world.url}, deploy the release and take care of whatever comes up.`);
    await talk.until('the build runs', () =>
      callsIn(talk.log.entries, 'press_button').find(({ completed }) => completed),
    );
    await talk.awaitFirstWords('Meanwhile: what is a signal in Temporal?');
    await talk.until('the release is deployed', () =>
      callsIn(talk.log.entries, 'watch_page').find(({ completed }) => completed),
    );
    await talk.told();
  },

  checks: {
    dialog_answered: (entries) => {
      const presses = callsIn(entries, 'press_button');
      return shownIn(callsIn(entries, 'watch_page'))
        .filter(({ data }) => data.dialog)
        .filter(
          ({ seq, data }) =>
            !presses.some(
              ({ requested, completed, input }) =>
                requested > seq && completed && data.dialog!.buttons.includes(String(input.button)),
            ),
        )
        .map(({ data }) => `The dialog "${data.dialog!.text}" was not answered.`);
    },

    /** It acts on what the page shows, not on what it remembers. */
    not_blind: (entries) => {
      const shown = shownIn(callsIn(entries, 'watch_page'));
      return callsIn(entries, 'press_button')
        .filter(({ requested, input }) => {
          const last = shown.findLast(({ seq }) => seq < requested)?.data;
          const offered = last?.dialog?.buttons ?? last?.buttons ?? [];
          return !offered.includes(String(input.button));
        })
        .map(
          ({ id, input }) =>
            `${id} presses "${String(input.button)}", which the page did not show.`,
        );
    },

    told: (entries, { failure, release }) => untold(entries, [failure, release]),
    nothing_invented: (entries) => invented(entries),

    finished: (entries, { release }) =>
      callsIn(entries, 'watch_page').some(({ completed }) =>
        JSON.stringify(completed ?? '').includes(release),
      )
        ? []
        : [`Release ${release} was not deployed.`],
  },
});

/** What the page has shown, in the order of the log. */
function shownIn(watches: CallHistory[]): { seq: number; data: ShownPage }[] {
  return watches.flatMap(({ results }) => results);
}

function answer({ news, unanswered, unfinished, dropped, open }: Situation) {
  const said: string[] = [];
  const calls = dropped.map((use) => call(use.tool, use.arguments));
  const isOpen = open.some(({ tool }) => tool === 'watch_page') || calls.length > 0;
  const url = urlIn([...unfinished, ...unanswered]);
  if (url !== undefined && !isOpen) {
    said.push('Opening the page.');
    calls.push(call('watch_page', { url, until: 'Deployed' }));
  }
  for (const fact of news) {
    if (fact.status === 'failed') said.push(`${fact.tool} failed: ${fact.error?.message}`);
    if (fact.tool !== 'watch_page') continue;
    const seen = broughtBy<ShownPage>(fact);
    said.push(...seen.flatMap(inWords));
    const last = seen.at(-1);
    const button = last?.dialog?.buttons[0] ?? last?.buttons[0];
    if (button === undefined) continue;
    said.push(`I press "${button}".`);
    calls.push(call('press_button', { button }));
  }
  said.push(...smallTalk(unanswered.filter((line) => urlIn([line]) === undefined)));
  return { text: said.join(' '), calls };
}

const urlIn = (lines: string[]) => /https?:\S+?(?=[,.]?(?:\s|$))/.exec(lines.join(' '))?.[0];

function inWords({ dialog, alerts, status, buttons }: ShownPage): string[] {
  if (dialog) return [`A dialog has opened: "${dialog.text}"`];
  if (alerts.length > 0) return [`The build is red: ${alerts.join(' ')}`];
  if (status?.startsWith('Deployed')) return [`Done. ${status}`];
  return buttons.length > 0 ? [`The page says: ${status}`] : [];
}
