/** The store cannot be asked now: it is away, does not answer in time, or has just broken off. The same request may succeed later. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}
