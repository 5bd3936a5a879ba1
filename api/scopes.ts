import type { Principal } from '../security/access/principal.ts';
import { Problem } from './problems.ts';

/**
 * Refuses to give rights to a new key or token that its maker does not have.
 * @throws Problem `forbidden`
 */
export function refuseMoreScopes({ scopes: own }: Principal, scopes: readonly string[]): void {
  const more = scopes.filter((each) => !(own as readonly string[]).includes(each));
  if (more.length === 0) return;
  throw new Problem('forbidden', `You do not have the scope ${more.join(', ')} yourself.`);
}
