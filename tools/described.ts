/**
 * What a tool returns if part of its result is not for a model, such as an image: the model is given `readable`, and `whole` is
 * stored for clients.
 */
export class Described {
  readonly readable: unknown;
  readonly whole: unknown;

  constructor({ readable, whole }: { readable: unknown; whole: unknown }) {
    this.readable = readable;
    this.whole = whole;
  }
}
