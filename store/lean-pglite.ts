/**
 * PGlite whose parser of SQL V8 never optimizes. V8 counts the whole body of a loop each time it runs, and the parser is one loop around
 * a switch of 100 kB. So it would be optimized with the first statements, although prepared statements hardly need it: that takes most of
 * a second of CPU and 600 MB, of which the allocator keeps a part for good.
 */
import { setFlagsFromString } from 'node:v8';
import { PGlite, type PGliteOptions, protocol } from '@electric-sql/pglite';

/** @throws what PGlite throws if the database cannot be opened */
export async function openLeanPGlite(folder: string, options: PGliteOptions): Promise<PGlite> {
  const pglite = new LeanPGlite(folder, options);
  await pglite.waitReady;
  return pglite;
}

/**
 * V8 compiles a function when it is first called, and decides then whether to count what it runs. The parser is called by the first
 * statement, so an empty one comes before it.
 */
class LeanPGlite extends PGlite {
  #hasParser = false;

  override execProtocolRawSync(message: Uint8Array): Uint8Array {
    if (!this.#hasParser) {
      this.#hasParser = true;
      setFlagsFromString(`--wasm-tier-up-filter=${NO_FUNCTION}`);
      try {
        super.execProtocolRawSync(protocol.serialize.query(';'));
      } finally {
        setFlagsFromString(`--wasm-tier-up-filter=${ALL_FUNCTIONS}`);
      }
    }
    return super.execProtocolRawSync(message);
  }
}

/** V8 counts only the function with this index: the first one is imported, not compiled. */
const NO_FUNCTION = 0;
/** V8's default. */
const ALL_FUNCTIONS = -1;
