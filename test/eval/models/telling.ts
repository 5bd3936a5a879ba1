/** Sentences about news, one for each result. */
import type { Fact, Situation } from '../../../cli/demo/situation.ts';
import type { ModelMessage } from '../../../model/message.ts';
import type { Habit } from './habits.ts';
import { asksToHold } from './lines.ts';

/** As the tools of the evaluation return it: `item` or `supplier` is whose it is. */
interface Offer {
  item?: string;
  supplier?: string;
  reference: string;
}

export function tellNews(
  messages: readonly ModelMessage[],
  { news, uses }: Situation,
  habit: Habit,
): string[] {
  const holds = messages.some(({ role, text }) => role === 'user' && asksToHold(text));
  return news.flatMap((fact) => {
    if (fact.status === 'failed') return [`A call failed: ${fact.error?.message}`];
    const isLast = fact.status === 'completed';
    if (holds && habit !== 'impatient') {
      return isLast ? offersOf(fact.call_id, messages).map((offer) => tell(offer)) : [];
    }
    return offersIn(fact).map((offer) =>
      habit === 'confusing' ? tell(misname(offer, messages, uses)) : tell(offer),
    );
  });
}

function tell({ item, supplier, reference }: Offer): string {
  if (supplier !== undefined) return `The offer of ${supplier} has the reference ${reference}.`;
  return `The quote for ${item} has the reference ${reference}.`;
}

const offersIn = ({ results = [], result }: Partial<Fact>): Offer[] =>
  [...results.map(({ data }) => data), result].filter((data) => isOffer(data));

/** All that a call has brought, new or not. */
function offersOf(callId: string, messages: readonly ModelMessage[]): Offer[] {
  return messages.flatMap(({ role, text }) => {
    const json = role === 'user' ? /^<event>(.*)<\/event>$/s.exec(text)?.[1] : undefined;
    const event = json === undefined ? undefined : JSON.parse(json);
    return event?.call_id === callId ? [event.data, event.result].filter(isOffer) : [];
  });
}

/** Under the name of another item or supplier of the conversation, if there is one. */
function misname(offer: Offer, messages: readonly ModelMessage[], uses: Situation['uses']): Offer {
  const items = [...uses.values()].map(({ arguments: given }) => given.item);
  const suppliers = [...uses.keys()]
    .flatMap((callId) => offersOf(callId, messages))
    .map(({ supplier }) => supplier);
  const other = [...items, ...suppliers].find(
    (name) => typeof name === 'string' && !name.includes(offer.item ?? offer.supplier!),
  ) as string | undefined;
  if (other === undefined) return offer;
  return offer.item === undefined ? { ...offer, supplier: other } : { ...offer, item: other };
}

const isOffer = (data: unknown): data is Offer =>
  typeof data === 'object' && data !== null && 'reference' in data;
