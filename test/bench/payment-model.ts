/** The model of the race bench: what it asks for follows from the messages it is sent, after 50–400 ms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOf } from '../chaos/random.ts';
import type { AskedCall, ModelMessage } from '../../model/message.ts';
import { startStubModel } from '../kit/model-server.ts';

export const startPaymentModel = () =>
  startStubModel(async ({ messages }) => {
    await sleep(50 + (hashOf(JSON.stringify(messages.map(wordsOf))) % 351));
    const calls = wishes(messages);
    return { text: calls.length > 0 ? 'On it.' : 'Noted.', calls };
  });

/** `watch 100 20 7` is asked for once; of the payments only the last one that the user wants. */
export function wishes(messages: readonly ModelMessage[]): AskedCall[] {
  const said = messages.filter(({ role }) => role === 'user').map(({ text }) => text);
  const calls = callsIn(messages);
  const asked = new Set(calls.map(({ reference }) => reference));
  const waits = said.map((text) => /^Watch ([\d ]+)/.exec(text)?.[1]).find(Boolean);
  const last = said.findLast((text) => /^Cancel|reference/.test(text)) ?? '';
  const pay = /pay (\d+) to (\w+), reference ([\w-]+)/.exec(last);
  const wanted: AskedCall[] = [];
  if (waits && !calls.some(({ tool }) => tool === 'watch')) {
    wanted.push(ask('watch', { waits_ms: waits.split(' ').map(Number) }));
  }
  if (pay && !asked.has(pay[3])) {
    wanted.push(ask('pay', { amount: Number(pay[1]), to: pay[2], reference: pay[3] }));
  }
  return wanted;
}

/** What was asked for before, but for what was dropped: that never ran. */
function callsIn(messages: readonly ModelMessage[]): { tool: string; reference?: string }[] {
  const dropped = new Set(
    messages.flatMap((message) =>
      message.role === 'tool' && JSON.parse(message.text).status === 'dropped'
        ? message.call_id
        : [],
    ),
  );
  return messages
    .flatMap((message) => (message.role === 'assistant' ? message.calls : []))
    .filter(({ call_id }) => !dropped.has(call_id))
    .map(({ tool, arguments: given }) => ({ tool, reference: JSON.parse(given).reference }));
}

const ask = (name: string, input: object): AskedCall => ({
  name,
  arguments: JSON.stringify(input),
});

/** Without ids, which are never the same. */
const wordsOf = ({ role, text }: ModelMessage) => `${role} ${text.replaceAll(/call_\w+/g, '')}`;
