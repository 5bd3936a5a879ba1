import { StoreUnavailable } from '../../store/unavailable.ts';

/** What the store throws when nothing answers where it should be. */
export const away = () =>
  new StoreUnavailable('The store cannot be reached.', { mayBeDone: false });
