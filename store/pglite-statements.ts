/** Prepared statements for one PGlite: parsing and planning each time would take two thirds of a statement's cost. */
import {
  type messages,
  parse,
  type PGlite,
  protocol,
  type QueryOptions,
  type Results,
} from '@electric-sql/pglite';

export interface Statements {
  /** Like PGlite's own `query`. */
  query<Row>(sql: string, parameters: unknown[]): Promise<Results<Row>>;
}

/** The most statements that are prepared. The store has fewer. */
const MOST = 500;

interface Prepared {
  name: string;
  /** Object ids of the parameters' types. */
  types: number[];
  /** Undefined when the statement returns no rows. */
  rows?: messages.RowDescriptionMessage;
}

/**
 * @param pglite no other code may prepare statements named `meanwhile_…` on it
 * @param own parsers that take the place of PGlite's, by the type's object id
 */
export function createStatements(
  pglite: PGlite,
  own: Required<QueryOptions>['parsers'] = {},
): Statements {
  // Given with each statement, they would be merged with PGlite's each time, which takes longer than most statements.
  const parsers = { ...pglite.parsers, ...own };
  const known = new Map<string, Prepared>();
  let names = 0;

  async function prepare(sql: string): Promise<Prepared> {
    const name = `meanwhile_${(names += 1)}`;
    const { messages: said } = await pglite.execProtocol(
      joined(
        serialize.parse({ name, text: sql }),
        serialize.describe({ type: 'S', name }),
        serialize.sync(),
      ),
      { syncToFs: false },
    );
    const parameters = said.find(isParameters);
    const prepared = { name, types: parameters?.dataTypeIDs ?? [], rows: said.find(isRows) };
    known.set(sql, prepared);
    return prepared;
  }

  async function run<Row>(
    { name, types, rows }: Prepared,
    parameters: unknown[],
  ): Promise<Results<Row>> {
    const values = parameters.map((value, nth) => asParameter(pglite, types[nth]!, value));
    const { messages: said } = await pglite.execProtocol(
      joined(serialize.bind({ statement: name, values }), serialize.execute({}), serialize.sync()),
      { syncToFs: false },
    );
    const all = rows ? [rows, ...said] : said;
    return parse.parseResults(all, parsers)[0] as Results<Row>;
  }

  return {
    async query<Row>(sql: string, parameters: unknown[]) {
      // A statement without parameters is one of the few that change the schema or begin a transaction.
      const isWorthIt = parameters.length > 0 && (known.has(sql) || known.size < MOST);
      if (!isWorthIt) return pglite.query<Row>(sql, parameters, { parsers: own });
      return pglite.runExclusive(async () => {
        try {
          return await run<Row>(known.get(sql) ?? (await prepare(sql)), parameters);
        } catch (error) {
          // The schema may have changed since. The statement is prepared again at its next use.
          if (STALE.has((error as { code?: string }).code ?? '')) known.delete(sql);
          throw error;
        }
      });
    },
  };
}

/** PostgreSQL's codes for a plan that is no longer valid, and for an unknown statement name. */
const STALE = new Set(['0A000', '26000']);

const { serialize } = protocol;

function asParameter({ serializers }: PGlite, type: number, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const asText = serializers[type] as ((given: unknown) => string) | undefined;
  return asText ? asText(value) : String(value);
}

const isParameters = (
  message: messages.BackendMessage,
): message is messages.ParameterDescriptionMessage => message.name === 'parameterDescription';
const isRows = (message: messages.BackendMessage): message is messages.RowDescriptionMessage =>
  message.name === 'rowDescription';

/** Joins messages, so that they take a single call into PGlite. */
function joined(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
