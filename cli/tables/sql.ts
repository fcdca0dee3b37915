import { CliError, usageError } from '../cli-error';
import { openInput } from '../inference/input';
import type { Session } from '../session';
import { interruptible } from '../terminal/interrupt';
import { ask } from './ask';
import { fetchResult } from './fetch-result';
import { prompt } from './prompt';
import type { ResultFormat } from './result-pieces';
import { showRows } from './show-rows';

interface SqlOptions {
  readonly file?: string;
  readonly maxRows: number;
  readonly csv?: true;
  readonly parquet?: string;
  readonly output?: string;
}

const MOST_BYTES = 400_000;

/** Has a statement answered; without one, on a terminal, asks for them. */
export const sql = async (
  session: Session,
  given: string | undefined,
  options: SqlOptions,
): Promise<void> => {
  const wanted = wantedOf(options);
  const { stdin, stdout } = session.environment;
  if (given === undefined && options.file === undefined && stdin.isTTY) {
    if (wanted || session.json || !stdout.isTTY) throw usageError('give a statement');
    await prompt(session, options.maxRows);
    return;
  }
  const statement = await statementOf(session, given, options.file);
  await interruptible(async (signal) => {
    if (wanted) {
      await fetchResult(session, statement, wanted, signal);
      return;
    }
    const result = await ask(session, statement, options.maxRows, signal);
    await session.answer(result, () => showRows(session, result));
  });
};

const wantedOf = ({
  csv,
  parquet,
  output,
}: SqlOptions): { format: ResultFormat; file: string | null } | null => {
  if (parquet !== undefined) return { format: 'parquet', file: parquet };
  if (output === undefined) return csv ? { format: 'csv', file: null } : null;
  const isParquet = !csv && /\.parquet$/i.test(output);
  return { format: isParquet ? 'parquet' : 'csv', file: output };
};

const statementOf = async (
  { environment }: Session,
  given: string | undefined,
  file: string | undefined,
): Promise<string> => {
  if (given !== undefined && given !== '-') {
    if (file !== undefined) throw usageError('give a statement or --file, not both');
    return given;
  }
  const { pieces } = await openInput(environment, file, 'csv');
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new CliError('a statement has at most 100,000 characters');
    parts.push(piece);
  }
  return Buffer.concat(parts).toString();
};
