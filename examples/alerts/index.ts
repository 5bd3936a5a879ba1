import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../contract/entry.ts';
import type { Fact, Situation } from '../../cli/demo/situation.ts';
import type { ModelMessage } from '../../model/message.ts';
import { defineExample, type Surroundings } from '../example.ts';
import { callsIn, invented, referencesIn, untold, wordsIn } from '../facts.ts';
import { broughtBy, broughtSoFar, call, smallTalk } from '../scripted.ts';
import { type Shop, startShop } from './shop.ts';

interface World extends Surroundings {
  shop: Shop;
  /** Sends SIGKILL, so the watcher cannot report its end. */
  killWatcher(): void;
}

interface Alert {
  level: 'warning' | 'queue' | 'urgent';
  what: string;
}

export default defineExample<World>({
  name: 'alerts',
  about:
    'A watcher pushes alerts about a shop: silent, when idle or interrupting; then it falls silent itself.',
  folder: fileURLToPath(new URL('extensions', import.meta.url)),
  settings: { MEANWHILE_ALLOW_PRIVATE_URLS: true },
  open,
  answer,

  async play(talk, { shop, killWatcher }) {
    const alerts = (level: Alert['level']) => alertsIn(talk.log.entries, level);
    await talk.say('Please watch the shop while I am busy.');
    await talk.showsProgress('watch_shop');

    await shop.refuseCard();
    await shop.refuseCard();
    await talk.until('both warnings are kept', () => alerts('warning').length === 2);

    await talk.awaitFirstWords('What is a signal in Temporal? Explain it in four sentences.');
    await shop.losePayments();
    await talk.until('the fatal line has arrived', () => alerts('urgent')[0]);
    await talk.told();

    await shop.crowd(15);
    await talk.until('the queue is too long', () => alerts('queue')[0]);
    await talk.told();
    await talk.ask('List every alert and warning so far with its reference.');

    killWatcher();
    await talk.until('the watch has failed', () => talk.log.of('call.failed')[0]);
    await talk.told();
  },

  checks: {
    /** Silent news causes no turn. */
    quiet_about_warnings: (entries) => {
      const warnings = new Set(alertsIn(entries, 'warning').map(({ seq }) => seq));
      return entries.flatMap((entry) =>
        entry.kind === 'reply.started' &&
        entry.because === 'news' &&
        entry.cause.every((seq) => warnings.has(seq))
          ? [`${entry.reply_id} began because of a warning.`]
          : [],
      );
    },

    /** The first complete reply after an urgent alert tells that alert. */
    urgent_at_once: (entries) =>
      alertsIn(entries, 'urgent').flatMap(({ seq, alert }) => {
        const next = wordsIn(entries).find(({ started, whole }) => whole && started > seq);
        const [reference] = referencesIn(alert.what);
        if (next && referencesIn(next.text).includes(reference!)) return [];
        return [`After ${reference} it said "${next?.text ?? 'nothing'}"`];
      }),

    told: (entries) => {
      const alerts = [...entries].flatMap((entry) => alertOf(entry)?.what ?? []);
      return untold(entries, alerts.flatMap(referencesIn));
    },

    nothing_invented: (entries) => invented(entries),

    silence_noticed: (entries) => {
      const failed = callsIn(entries, 'watch_shop').find((each) => each.failed)?.failed;
      if (!failed) return ['The watcher was killed, but its call has not failed.'];
      const said = wordsIn(entries).filter(({ started, whole }) => whole && started > failed.seq);
      return said.some(({ text }) => /watch/i.test(text))
        ? []
        : ['Nothing was said about the watch after it had fallen silent.'];
    },
  },
});

async function open(home: string): Promise<World> {
  const shop = await startShop(join(home, 'shop.log'));
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const watcher = spawn(process.execPath, [fileURLToPath(new URL('watcher.ts', import.meta.url))], {
    env: {
      ...process.env,
      ...{ SHOP_LOG: shop.log, SHOP_METRICS: `${shop.url}/metrics` },
      ...{ WATCHER_SECRET: secret, WATCHER_BEAT_MS: '1000' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await listening(watcher);
  return {
    shop,
    killWatcher: () => void watcher.kill('SIGKILL'),
    env: { WATCHER_URL: url, WATCHER_SECRET: secret, WATCHER_SILENCE_MS: '6000' },
    async close() {
      if (watcher.exitCode === null && watcher.signalCode === null) {
        const closed = once(watcher, 'close');
        watcher.kill('SIGKILL');
        await closed;
      }
      await shop.close();
    },
  };
}

async function listening(watcher: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: watcher.stdout! })) {
    const url = /^listening on (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('The watcher ended before it listened.');
}

function alertOf(entry: Entry): Alert | undefined {
  if (entry.kind !== 'call.event' || entry.event !== 'result') return undefined;
  return entry.data as Alert;
}

function alertsIn(entries: readonly Entry[], level: Alert['level']) {
  return entries.flatMap((entry) => {
    const alert = alertOf(entry);
    return alert?.level === level ? [{ seq: entry.seq, alert }] : [];
  });
}

const WATCH = /\bwatch the shop\b/i;
const LIST = /\blist every alert\b/i;

function answer(
  { news, unanswered, unfinished, dropped, open }: Situation,
  messages: readonly ModelMessage[],
) {
  const said = news
    .filter(({ tool }) => tool === 'watch_shop')
    .flatMap((fact) => [...broughtBy<Alert>(fact).map(inWords), ...endOf(fact)]);
  const calls = dropped.map((use) => call(use.tool, use.arguments));
  const isOpen = open.some(({ tool }) => tool === 'watch_shop') || calls.length > 0;
  if ([...unfinished, ...unanswered].some((line) => WATCH.test(line)) && !isOpen) {
    said.push('I watch the shop and tell you what comes up.');
    calls.push(call('watch_shop', { queue_above: 10 }));
  }
  if (unanswered.some((line) => LIST.test(line))) {
    said.push(...broughtSoFar<Alert>(messages).map(inWords));
  }
  said.push(...smallTalk(unanswered.filter((line) => !WATCH.test(line) && !LIST.test(line))));
  return { text: said.join(' '), calls };
}

const LEVELS = { warning: 'A warning', queue: 'The queue is long', urgent: 'Urgent' } as const;

const inWords = ({ level, what }: Alert) => `${LEVELS[level]}: ${what}.`;

function endOf({ status, error }: Fact): string[] {
  if (status === 'failed') return [`Nobody watches the shop any more: ${error?.message}`];
  return status === 'cancelled' ? ['The watch is over.'] : [];
}
