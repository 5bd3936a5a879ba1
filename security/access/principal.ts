/** Who sent a request, and what they may do. */
import { SCOPES, type Scope } from '../../contract/access.ts';
import { DEFAULT_TENANT } from '../../contract/names.ts';

export interface Principal {
  /**
   * anyone: the service has no keys; operator: a caller with the service's secret; token: a browser, with a token for one
   * conversation.
   */
  kind: 'anyone' | 'operator' | 'key' | 'jwt' | 'token';
  tenant: string;
  scopes: readonly Scope[];
  /** Identifies the key or the user, for limits and the log. */
  id: string;
  /** Set for a token: the only conversation that it opens. */
  conversation?: string;
}

/** The sender of a request to a service without keys, which has one tenant and allows everything. */
export const ANYONE: Principal = {
  kind: 'anyone',
  tenant: DEFAULT_TENANT,
  scopes: SCOPES,
  id: 'anyone',
};

/** The request has no valid credential. The message is for the client. */
export class Unauthenticated extends Error {
  override name = 'Unauthenticated';
}

/** The credential cannot be checked at the moment. */
export class CannotVerify extends Error {
  override name = 'CannotVerify';
}
