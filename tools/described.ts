/**
 * Returned by a tool if part of its result cannot be shown to a model, such as an image. The model gets `readable`, and `whole` is stored
 * for clients.
 */
export class Described {
  readonly readable: unknown;
  readonly whole: unknown;

  constructor({ readable, whole }: { readable: unknown; whole: unknown }) {
    this.readable = readable;
    this.whole = whole;
  }
}
