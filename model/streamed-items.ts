/**
 * Assembles the items of an answer from the events of the Responses API: calls and the reasoning before them. Servers omit
 * events, repeat them, or name an item by its id in one event and by its position in another; the most complete form of an item
 * is used.
 */
import { ModelError } from './errors.ts';
import { stringOf } from './fields.ts';
import { isSameJson, objectsIn } from './glued.ts';
import * as wire from './wire.ts';

export interface Item extends Record<string, unknown> {
  type?: string;
  id?: string;
  call_id?: string;
  name?: string;
  arguments?: unknown;
  encrypted_content?: string;
  status?: string;
}

export interface ItemCall {
  /** As the server names it. Undefined for a call that stood in the arguments of another. */
  call_id?: string;
  name: string;
  arguments: string;
  /** The reasoning items directly before it. */
  reasoning: Item[];
}

interface Draft {
  item: Item;
  index?: number;
  deltas: string;
  /** The arguments from the `arguments.done` event. */
  whole?: string;
  isDone: boolean;
}

/** How an event refers to an item. */
interface Place {
  item_id?: string;
  output_index?: number;
}

const MOST_ITEMS = 2_000;

export function createItems() {
  const drafts: Draft[] = [];

  function find(item: Item, index: number | undefined): Draft | undefined {
    const isSame = (draft: Draft) =>
      draft.item.type === item.type && (isOf(draft, item.id) || isOf(draft, item.call_id));
    const isThere = (draft: Draft) =>
      index === undefined || draft.index === undefined || draft.index === index;
    const hasNoId = !item.id && !item.call_id;
    return (
      drafts.findLast((draft) => isSame(draft) && isThere(draft)) ??
      drafts.findLast(
        (draft) =>
          hasNoId && draft.item.type === item.type && !draft.isDone && draft.index === index,
      )
    );
  }

  function meant({ item_id, output_index }: Place): Draft | undefined {
    const calls = drafts.filter(({ item }) => item.type === 'function_call');
    const ofId = calls.filter((draft) => isOf(draft, item_id));
    const ofIndex = calls.filter((draft) => draft.index === output_index);
    return (
      ofId.findLast((draft) => draft.index === output_index) ??
      ofId.at(-1) ??
      ofIndex.at(-1) ??
      calls.findLast((draft) => !draft.isDone)
    );
  }

  /** Far more than a plausible answer has, and few enough to be compared with each event. */
  function add(draft: Draft): void {
    if (drafts.length === MOST_ITEMS) {
      const message = `The answer has more than ${MOST_ITEMS} items.`;
      throw new ModelError('ModelBrokenAnswer', message);
    }
    drafts.push(draft);
  }

  function put(item: Item, index: number | undefined, isDone: boolean): void {
    const known = find(item, index);
    if (!known) add({ item, ...(index !== undefined && { index }), deltas: '', isDone });
    else if (isDone || !known.isDone) {
      Object.assign(known, { item: filled(known.item, item), isDone: known.isDone || isDone });
    }
  }

  /** Arguments may come before the call that they belong to. */
  function announce({ item_id, output_index: index }: Place): Draft {
    const item = { type: 'function_call', ...(item_id !== undefined && { id: item_id }) };
    const draft = { item, ...(index !== undefined && { index }), deltas: '', isDone: false };
    add(draft);
    return draft;
  }

  return {
    added: (item: Item, index: number | undefined) => put(item, index, false),
    done: (item: Item, index: number | undefined) => put(item, index, true),
    argumentsDelta(place: Place, delta: string) {
      const draft = meant(place) ?? announce(place);
      draft.deltas += delta;
    },
    argumentsDone(place: Place, whole: string, name?: string) {
      const draft = meant(place);
      if (!draft) return;
      draft.whole = whole;
      if (name && !draft.item.name) draft.item.name = name;
    },
    /** The final response may repeat all items, be the only one to list them, or list none. */
    final(items: Item[]) {
      const unmatched = [...drafts];
      for (const item of items) {
        const known = takeMatch(unmatched, item);
        if (known) Object.assign(known, { item: filled(known.item, item), isDone: true });
        else add({ item, deltas: '', isDone: true });
      }
    },
    /** @throws ModelError when the server says that an item is not complete */
    all(): { calls: ItemCall[]; reasoning: Item[] } {
      const calls: ItemCall[] = [];
      let first: Item[] | undefined;
      let reasoning: Item[] = [];
      for (const draft of drafts) {
        const { item } = draft;
        if (item.type === 'reasoning') {
          if (item.encrypted_content) reasoning.push(item);
        } else if (item.type === 'function_call') {
          if (item.status === 'incomplete') throw unfinished();
          const text = argumentsOf(draft);
          const name = wire.textOf(item.name);
          if (name === '' && text === '') continue;
          for (const [nth, each] of split(text).entries()) {
            const call_id = nth === 0 ? stringOf(item.call_id) : '';
            calls.push({
              ...(call_id !== '' && { call_id }),
              name,
              arguments: each,
              reasoning: nth === 0 ? reasoning : [],
            });
          }
          reasoning = [];
        } else if (item.type === 'message') {
          first ??= reasoning;
          reasoning = [];
        }
      }
      return { calls, reasoning: first ?? [] };
    },
  };
}

const isOf = ({ item }: Draft, id: string | undefined) =>
  id !== undefined && id !== '' && (item.id === id || item.call_id === id);

const unfinished = () =>
  new ModelError('ModelBrokenAnswer', 'The model stopped in the middle of a tool call.');

/** An empty value in a later form does not remove an earlier one. */
function filled(known: Item, later: Item): Item {
  const given = Object.entries(later).filter(
    ([field, value]) =>
      value !== undefined &&
      value !== null &&
      ((value !== '' && !isEmptyObject(value)) || !known[field]),
  );
  return { ...known, ...Object.fromEntries(given) };
}

function takeMatch(drafts: Draft[], item: Item): Draft | undefined {
  const ofType = drafts.filter((draft) => draft.item.type === item.type);
  const hasSameText = (draft: Draft) =>
    draft.item.name === item.name &&
    isSameJson(argumentsOf(draft), wire.argumentsOf(item.arguments));
  const match =
    ofType.find((draft) => isOf(draft, item.id)) ??
    ofType.find((draft) => isOf(draft, item.call_id)) ??
    (item.type === 'function_call'
      ? (ofType.find(hasSameText) ??
        ofType.find((draft) => draft.item.name === item.name && argumentsOf(draft) === ''))
      : ofType[0]);
  if (match) drafts.splice(drafts.indexOf(match), 1);
  return match;
}

function argumentsOf({ item, deltas, whole = '' }: Draft): string {
  const given = wire.argumentsOf(item.arguments);
  const forms = [given, whole, deltas, given + deltas];
  const isWhole = (text: string) => (objectsIn(text)?.length ?? 0) > 0;
  return (
    forms.find((text) => isWhole(text) && !isEmptyObject(text)) ??
    forms.find(isWhole) ??
    forms.find((text) => text !== '') ??
    ''
  );
}

/** It may stand for arguments that are still to come. */
const isEmptyObject = (given: unknown) =>
  typeof given === 'string'
    ? /^\s*\{\s*\}\s*$/.test(given)
    : typeof given === 'object' && given !== null && Object.keys(given).length === 0;

/** Splits two calls in one, as some servers join them. */
function split(text: string): string[] {
  const objects = objectsIn(text) ?? [];
  const given = objects.filter((each) => !isEmptyObject(each));
  if (given.length > 1) return given;
  return objects.length > 1 ? [given[0] ?? objects[0]!] : [text];
}
