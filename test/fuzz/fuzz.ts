/** Every door of the service, tried with input that is wrong in some place. Each run is one request, answer of a model, or call. */
import type { Store } from '../../store/store.ts';
import type { Effort } from './found.ts';
import { fuzzHttp } from './http.ts';
import { fuzzModel } from './model.ts';
import { fuzzRaw } from './raw.ts';
import { fuzzSignals } from './signals.ts';
import { fuzzTools } from './tools.ts';

export const doors = {
  http: fuzzHttp,
  parser: fuzzRaw,
  model: fuzzModel,
  tools: fuzzTools,
  signals: fuzzSignals,
} satisfies Record<string, (store: Store, effort: Effort) => Promise<number>>;

export type Door = keyof typeof doors;
