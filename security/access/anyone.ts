import type { Access } from './access.ts';
import { ANYONE } from './principal.ts';

/** For a service that needs no keys whatever the store has: tests, and the description of the API. */
export const openToAnyone: Access = {
  isOpen: () => true,
  authenticate: async () => ANYONE,
  changed: async () => {},
  close: async () => {},
};
