/**
 * A value with words, on its way into the database. With keys, it is encrypted. Ids, numbers, times and kinds are stored as they are,
 * since SQL has to compare them.
 */
import type { CompiledQuery, DatabaseConnection, Dialect, QueryResult } from 'kysely';
import { type Keyring, openSealed } from '../security/encryption/keyring.ts';
import { readJson } from './read-json.ts';

class Words {
  readonly text: string;
  readonly isJson: boolean;
  constructor(text: string, isJson: boolean) {
    this.text = text;
    this.isJson = isJson;
  }
}

/** A value for a column of JSON. For Kysely it has the type of the stored text. */
export const asJson = (value: unknown) =>
  new Words(JSON.stringify(value), true) as unknown as string;

/** A value for a column of text, without control characters. Pieces that were encrypted separately may be appended to each other. */
export const asText = (text: string) => new Words(text, false) as unknown as string;

/** Encrypts words that are written through these connections, and decrypts what is read. Without keys, encrypted values are errors. */
export function withWords(dialect: Dialect, keyring: Keyring | undefined): Dialect {
  const seen = new WeakSet<DatabaseConnection>();
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const acquire = driver.acquireConnection.bind(driver);
      driver.acquireConnection = async (options) => {
        const connection = await acquire(options);
        if (!seen.has(connection)) translate(connection, keyring);
        seen.add(connection);
        return connection;
      };
      return driver;
    },
  };
}

function translate(connection: DatabaseConnection, keyring: Keyring | undefined): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery, options?: any) => {
    const parameters = query.parameters.map((each) => written(each, keyring));
    const result = await execute<R>({ ...query, parameters }, options);
    return read(result, keyring);
  };
}

function written(parameter: unknown, keyring: Keyring | undefined): unknown {
  if (parameter instanceof Words) return stored(parameter, keyring);
  if (Array.isArray(parameter) && parameter[0] instanceof Words) {
    return parameter.map((each: Words) => stored(each, keyring));
  }
  return parameter;
}

const BEGIN = '\u0002';

/**
 * An encrypted value stands between two control characters, which neither JSON nor a draft contains unescaped. The letter is j for
 * JSON and t for text.
 */
const TOKEN = /\u0002(j|t)([\w.-]+):([\w-]+)\u0003/g;

function stored({ text, isJson }: Words, keyring: Keyring | undefined): string {
  if (!keyring || text === '') return text;
  const { key, data } = keyring.seal(Buffer.from(text));
  const token = `${BEGIN}${isJson ? 'j' : 't'}${key}:${Buffer.from(data).toString('base64url')}\u0003`;
  return isJson ? JSON.stringify(token) : token;
}

function read<R>(result: QueryResult<R>, keyring: Keyring | undefined): QueryResult<R> {
  for (const row of result.rows as Record<string, unknown>[]) {
    for (const [name, value] of Object.entries(row)) {
      if (isSealed(value)) row[name] = opened(value, keyring);
      // Entries of a log, as one array.
      else if (Array.isArray(value) && value.some(isSealed)) {
        row[name] = value.map((each) => (isSealed(each) ? opened(each, keyring) : each));
      }
    }
  }
  return result;
}

const isSealed = (value: unknown): value is string =>
  typeof value === 'string' && value.startsWith(BEGIN);

function opened(token: string, keyring: Keyring | undefined): unknown {
  let isJson = false;
  const text = token.replaceAll(TOKEN, (_, kind: string, key: string, data: string) => {
    isJson ||= kind === 'j';
    const sealed = { key, data: Buffer.from(data, 'base64url') };
    return Buffer.from(openSealed(sealed, keyring)).toString();
  });
  return isJson ? readJson(text) : text;
}
