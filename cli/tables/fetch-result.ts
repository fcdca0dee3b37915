import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../session';
import { size } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import { write } from '../terminal/write';
import { ask } from './ask';
import { csvParts } from './csv-parts';
import { parquetOfCsv } from './parquet-of-csv';
import { isNotOffered, type ResultFormat, resultPieces } from './result-pieces';
import { wholeFile } from './whole-file';

interface Wanted {
  readonly format: ResultFormat;
  /** Null is stdout. */
  readonly file: string | null;
}

/**
 * Runs a statement and writes its whole result into a file, which is there only once it is whole, or to
 * stdout. Where the platform gives no Parquet, it is made here, of its CSV.
 * @throws CliError when it fails or is cancelled
 */
export const fetchResult = async (
  session: Session,
  sql: string,
  { format, file }: Wanted,
  signal: AbortSignal,
): Promise<void> => {
  const { query_id: query, columns } = await ask(session, sql, 1, signal);
  const cancel = (): void => {
    // The query itself is over: there is nothing to say when this fails.
    session.call('DELETE /api/queries/{query}', { path: { query } }).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  const progress = session.progress();
  progress.update('the result is made, Ctrl-C cancels it');
  const fetched = async function* (as: ResultFormat) {
    let bytes = 0;
    for await (const piece of resultPieces(session, query, as, signal)) {
      bytes += piece.length;
      if (file === null) progress.done();
      else progress.update(`${size(bytes)} are here`);
      yield piece;
    }
  };
  const fetchInto = async (folder: string, as: ResultFormat): Promise<string> => {
    const part = join(folder, `result.${as}`);
    await pipeline(fetched(as), createWriteStream(part));
    return part;
  };
  const parquetIn = async (folder: string): Promise<string> => {
    try {
      return await fetchInto(folder, 'parquet');
    } catch (error) {
      if (!isNotOffered(error)) throw error;
    }
    const parts = await csvParts(fetched('csv'), folder);
    progress.update('it is made into Parquet, Ctrl-C cancels it');
    const parquet = join(folder, 'made.parquet');
    await parquetOfCsv({ parts, parquet }, columns, signal);
    return parquet;
  };
  try {
    if (file === null) {
      for await (const piece of fetched(format)) await write(session.environment.stdout, piece);
      return;
    }
    await wholeFile(file, (folder) =>
      format === 'parquet' ? parquetIn(folder) : fetchInto(folder, format),
    );
  } finally {
    progress.done();
    signal.removeEventListener('abort', cancel);
  }
  session.say(`wrote ${printable(file)}, ${size((await stat(file)).size)}`);
};
