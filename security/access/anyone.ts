import type { Access } from './access.ts';
import { ANYONE } from './principal.ts';

/** Access without keys, whatever the store has: for tests, and for printing the OpenAPI document. */
export const openToAnyone: Access = {
  isOpen: () => true,
  authenticate: async () => ANYONE,
  changed: async () => {},
  close: async () => {},
};
