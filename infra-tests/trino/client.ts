import { setTimeout as sleep } from 'node:timers/promises';
import { parseExactly, plainValue, type TypeSignature } from './values';

interface Session {
  readonly catalog?: string;
  readonly schema?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

/** A statement's figures so far. */
export interface TrinoStats {
  /** Read from files. */
  readonly physicalInputBytes: number;
  readonly processedRows: number;
  readonly elapsedMs: number;
  readonly queuedMs: number;
}

interface TrinoColumn {
  readonly name: string;
  readonly type: string;
  readonly typeSignature: TypeSignature;
}

export interface TrinoAnswer {
  readonly columns: readonly TrinoColumn[];
  /** Values with their numbers as they stood on the wire. */
  readonly data: readonly (readonly unknown[])[];
  /** How many rows a statement changed. */
  readonly updateCount: number | undefined;
  readonly stats: TrinoStats;
}

/** What Trino says of a statement that failed, such as `ICEBERG_COMMIT_ERROR`. */
export class TrinoError extends Error {
  readonly errorName: string;
  readonly errorType: string;
  constructor(errorName: string, errorType: string, message: string) {
    super(message);
    this.errorName = errorName;
    this.errorType = errorType;
  }
}

interface RunOptions {
  /** Aborted: the statement is cancelled, and the call throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (stats: TrinoStats) => void;
  /** Literals, as SQL, for the statement's `?`. */
  readonly parameters?: readonly string[];
}

export interface TrinoClient {
  /** Columns, and rows of plain values: `bigint` as text, times as Trino writes them, NaN as text. */
  query(
    sql: string,
    options?: RunOptions,
  ): Promise<Omit<TrinoAnswer, 'data'> & { readonly rows: readonly (readonly unknown[])[] }>;
  /** The same with exact numbers. */
  run(sql: string, options?: RunOptions): Promise<TrinoAnswer>;
}

const CALL_MS = 60_000;
const BUSY_MS = 50;
/** A server that is just up, or was held up, does not know of itself for a moment; nothing has begun then. */
const NO_NODES = 'NO_NODES_AVAILABLE';

/** Trino's HTTP protocol. @throws `TrinoError` for a statement that fails */
export const trinoClient = (url: string, session: Session = {}): TrinoClient => {
  const run = async (sql: string, options: RunOptions = {}): Promise<TrinoAnswer> => {
    const { parameters, signal, onProgress } = options;
    const headers = headersOf(session);
    if (parameters) headers['x-trino-prepared-statement'] = `given=${encodeURIComponent(sql)}`;
    const body = parameters ? `EXECUTE given USING ${parameters.join(', ')}` : sql;
    const start = () => call(`${url}/v1/statement`, { method: 'POST', body, headers });
    const patience = Date.now() + CALL_MS;
    let page = await start();
    let columns: readonly TrinoColumn[] = [];
    const data: (readonly unknown[])[] = [];
    for (;;) {
      if (page.error?.errorName === NO_NODES && Date.now() < patience) {
        await sleep(BUSY_MS);
        page = await start();
        continue;
      }
      if (page.error) throw errorOf(page.error);
      columns = page.columns ?? columns;
      data.push(...(page.data ?? []));
      const stats = statsOf(page.stats);
      onProgress?.(stats);
      if (!page.nextUri) return { columns, data, updateCount: page.updateCount, stats };
      if (signal?.aborted) {
        await fetch(page.nextUri, { method: 'DELETE' });
        throw signal.reason;
      }
      page = await call(page.nextUri, { headers: headersOf(session) });
    }
  };
  return {
    run,
    async query(sql, options) {
      const { data, columns, ...rest } = await run(sql, options);
      const types = columns.map(({ typeSignature }) => typeSignature.rawType);
      const rows = data.map((row) => row.map((value, index) => plainValue(value, types[index])));
      return { ...rest, columns, rows };
    },
  };
};

const headersOf = ({ catalog, schema, properties = {} }: Session): Record<string, string> => ({
  'x-trino-user': 'test',
  // Without it times are cut to milliseconds.
  'x-trino-client-capabilities': 'PARAMETRIC_DATETIME',
  ...(catalog && { 'x-trino-catalog': catalog }),
  ...(schema && { 'x-trino-schema': schema }),
  'x-trino-session': Object.entries(properties)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(','),
});

interface Page {
  readonly nextUri?: string;
  readonly columns?: readonly TrinoColumn[];
  readonly data?: readonly (readonly unknown[])[];
  readonly updateCount?: number;
  readonly stats?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly errorName: string;
    readonly errorType: string;
    readonly message: string;
  };
}

const call = async (url: string, init: RequestInit): Promise<Page> => {
  for (const end = Date.now() + CALL_MS; ; await sleep(BUSY_MS)) {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(CALL_MS) });
    const text = await response.text();
    // It asks for the same call again.
    if ([502, 503, 504].includes(response.status) && Date.now() < end) continue;
    if (!response.ok) throw new Error(`Trino answers ${response.status}: ${text.slice(0, 200)}`);
    return pageOf(text);
  }
};

/** Numbers stay exact in the data alone. */
const pageOf = (text: string): Page => {
  const page: Page = JSON.parse(text);
  if (!page.data) return page;
  const { data }: { data?: Page['data'] } = Object.assign({}, parseExactly(text));
  return { ...page, data };
};

const statsOf = (stats: Page['stats'] = {}): TrinoStats => {
  const figure = (name: string): number => Number(stats[name] ?? 0);
  return {
    physicalInputBytes: figure('physicalInputBytes'),
    processedRows: figure('processedRows'),
    elapsedMs: figure('elapsedTimeMillis'),
    queuedMs: figure('queuedTimeMillis'),
  };
};

const errorOf = ({ errorName, errorType, message }: NonNullable<Page['error']>): TrinoError =>
  new TrinoError(errorName, errorType, message);
