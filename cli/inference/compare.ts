import type { Problem } from '../cli-error';
import { jsonOf } from '../control-api';
import { filledPath } from '../endpoint';
import type { Session } from '../session';
import { rounded } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import type { Column } from '../terminal/table';
import { serviceClient } from './credential';
import { type Format, openInput, wholeInput } from './input';

interface CompareOptions {
  readonly format?: Format;
  readonly key?: string;
}

interface Comparison {
  readonly request_id: string;
  readonly versions: Readonly<
    Record<string, { readonly predictions?: readonly unknown[]; readonly error?: Problem }>
  >;
  readonly deltas?: Readonly<Record<string, readonly unknown[]>>;
}

const TIMEOUT_MS = 60_000;

/** Has every running version answer the same rows and prints the answers side by side. */
export const compare = async (
  session: Session,
  service: string,
  file: string | undefined,
  { format: told, key }: CompareOptions,
): Promise<void> => {
  const path = filledPath('/services/{service}/compare', { service });
  const { format, pieces } = await openInput(session.environment, file, told);
  const answer = await serviceClient(
    session,
    service,
    key,
  )({
    ...{ method: 'POST', path, timeoutMs: TIMEOUT_MS },
    body: await wholeInput(pieces),
    headers: { 'content-type': format === 'json' ? 'application/json' : 'text/csv' },
  });
  const comparison = jsonOf(answer) as Comparison;
  await session.answer(comparison, () => printComparison(session, comparison));
};

const printComparison = async (
  { printTable, say }: Session,
  { versions, deltas = {}, request_id }: Comparison,
): Promise<void> => {
  const names = Object.keys(versions);
  const answered = names.filter((name) => versions[name]?.predictions !== undefined);
  const rows = Math.max(0, ...answered.map((name) => versions[name]?.predictions?.length ?? 0));
  const columns: Column<number>[] = [
    { title: 'ROW', cell: (row) => row, right: true },
    ...answered.map((name) => ({
      title: name,
      cell: (row: number) => answerText(versions[name]?.predictions?.[row]),
      ...{ right: true, wraps: true },
    })),
    ...Object.keys(deltas).map((name) => ({
      title: `Δ ${name}`,
      cell: (row: number) => deltaText(deltas[name]?.[row]),
      ...{ right: true, wraps: true },
    })),
  ];
  if (rows > 0) await printTable([...Array(rows).keys()], columns);
  for (const name of names.filter((each) => !answered.includes(each))) {
    const { detail = 'see its logs' } = versions[name]?.error ?? {};
    say(`${name} did not answer: ${printable(detail)}`);
  }
  say(`request ${request_id}`);
};

/** Numbers, also those within an array, with as many digits as can be compared by eye. */
const answerText = (value: unknown): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' ? rounded(part) : part,
  );
};

/** A difference of numbers, or whether other answers agree. */
const deltaText = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'same' : 'differs';
  return answerText(value);
};
