import type { Problem } from '../cli-error';
import { jsonOf } from '../control-api';
import { filledPath } from '../endpoint';
import type { Session } from '../session';
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
      cell: (row: number) => cellText(versions[name]?.predictions?.[row]),
      ...{ right: true, wraps: true },
    })),
    ...Object.keys(deltas).map((name) => ({
      title: `Δ ${name}`,
      cell: (row: number) => cellText(deltas[name]?.[row]),
      ...{ right: true, wraps: true },
    })),
  ];
  if (rows > 0)
    await printTable(
      Array.from({ length: rows }, (_, row) => row),
      columns,
    );
  for (const name of names.filter((each) => !answered.includes(each))) {
    say(`${name} did not answer: ${versions[name]?.error?.detail ?? 'see its logs'}`);
  }
  say(`request ${request_id}`);
};

const cellText = (value: unknown): string => {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'same' : 'differs';
  return typeof value === 'string' ? value : JSON.stringify(value);
};
