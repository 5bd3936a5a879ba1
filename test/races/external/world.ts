/** A world in which the models are elsewhere: a service, and a harness with several threads, whose every message takes a while. */
import type { Decision, Event } from '../../../conversation/event.ts';
import { LIMITS } from '../../kit/story.ts';
import { createClock } from '../clock.ts';
import { answerFor, decisionOn } from '../people.ts';
import { broken } from '../violation.ts';
import type { RaceOutcome } from '../world.ts';
import { createExternalAudit, type ExternalAudit } from './audit.ts';
import { createRacedHarness, type RacedHarness } from './harness.ts';
import type { ExternalAct, ExternalScript } from './script.ts';
import { createRacedService, type RacedService } from './service.ts';

const EXTERNAL_LIMITS = { ...LIMITS, max_running: 2, grace_ms: 300 };
const MOST_DECISIONS = 5_000;
/** Between the last thing that happens and the close. */
const REST_MS = 10_000;

interface Thread {
  service: RacedService;
  harness: RacedHarness;
  audit: ExternalAudit;
}

/**
 * Lives through a script to the ends of its conversations.
 * @param watch is given all that is decided, at once, and then as it happens
 * @throws Violation at the first promise that does not hold
 */
export function liveElsewhere(
  script: ExternalScript,
  watch?: (story: { told: { events: Event[]; decided: Decision }[] }) => void,
): RaceOutcome {
  const clock = createClock(1_000_000);
  const story: { told: { events: Event[]; decided: Decision }[] } = { told: [] };
  watch?.(story);
  let steps = 0;
  let hops = 0;
  let sent = 0;
  const hop = (then: () => void) =>
    void clock.after(script.hops[hops++ % script.hops.length]!, then);
  const threads = script.threads.map((plan, nth): Thread => {
    const name = `t${nth}`;
    const { pushes_per_minute: unsolicited_per_minute } = plan;
    const limits = {
      ...EXTERNAL_LIMITS,
      ...(unsolicited_per_minute !== undefined && { unsolicited_per_minute }),
    };
    const audit = createExternalAudit(limits, plan.hears === 'pushed');
    const harness = createRacedHarness({ name, plan, clock, hop, service: () => service });
    const service: RacedService = createRacedService({
      ...{ name, plan, limits, clock, audit, hop, programs: script.programs },
      takes() {
        steps += 1;
        if (steps > MOST_DECISIONS) throw broken('R11', 'It never comes to rest.', clock.now);
        return script.writes[steps % script.writes.length]!;
      },
      isSentTwice: () => script.repeats[sent++ % script.repeats.length]!,
      decided: (decided, events) => void (watch && story.told.push({ events, decided })),
      push: (of) => harness.isTold(of),
    });
    return { service, harness, audit };
  });

  playActs(0);
  goOnForever();
  for (const { service, audit } of threads) {
    audit.atRest(service.programs.unended());
    if (!service.shell.state.closed) service.shell.enqueue({ type: 'close' });
  }
  goOnForever();
  for (const { service, harness, audit } of threads) {
    if (!service.shell.state.closed)
      throw broken('R15', 'The conversation does not close.', clock.now);
    audit.atTheEnd(service.programs.told());
    harness.finish();
  }
  return { steps };

  function goOnForever(): void {
    do for (const { service } of threads) service.shell.goOn();
    while (clock.advance());
  }

  function playActs(next: number): void {
    const act = script.acts[next];
    clock.after(act?.after ?? REST_MS, () => {
      if (!act) return;
      play(act, next);
      playActs(next + 1);
    });
  }

  function play(act: ExternalAct, nth: number): void {
    const { service, harness } = threads[act.thread % threads.length]!;
    const { shell } = service;
    switch (act.do) {
      case 'call':
        return harness.call(act.tool, act.patience);
      case 'burst':
        return harness.burst(act.calls);
      case 'again':
        return harness.again(act.call);
      case 'ask':
        return harness.ask(act.waits);
      case 'turn':
        return harness.turn(act.takes);
      case 'cancel':
        return harness.cancel(act.call);
      case 'say':
        return shell.enqueue({ type: 'message', message_id: `m${nth}`, text: '' });
      case 'decide': {
        const decision = decisionOn(shell, { ...act, at: clock.now });
        return decision && shell.enqueue(decision);
      }
      case 'answer': {
        const answer = answerFor(shell, { ...act, at: clock.now });
        return answer && shell.enqueue(answer);
      }
      case 'kill':
        for (const thread of threads) thread.harness.kill(act.back_after, act.forgets);
        return undefined;
      case 'close':
        return shell.enqueue({ type: 'close' });
    }
  }
}
