import type { TrinoAnswer } from '../client';
import { textOf } from '../values';
import { Refusal } from './refusal';
import type { Translated } from './statement';

const PAGE = 1000;

/** Rows as Athena tells them: texts, a NULL as nothing, and the names first when rows were asked for. */
export const rowsOf = (
  { columns, data, updateCount }: TrinoAnswer,
  { type, subtype }: Translated,
): readonly { readonly Data: readonly { readonly VarCharValue?: string }[] }[] => {
  if (updateCount !== undefined) return [];
  const header = type === 'DML' && subtype !== 'OPTIMIZE' && subtype !== 'VACUUM';
  const rows = data.map((row) => ({
    Data: row.map((value, index) => {
      const signature = columns[index]?.typeSignature;
      return value === null || !signature ? {} : { VarCharValue: textOf(value, signature) };
    }),
  }));
  const names = { Data: columns.map(({ name }) => ({ VarCharValue: name })) };
  return header ? [names, ...rows] : rows;
};

/** One page of them. @throws a refusal for a page that is none */
export const pageOf = <T>(rows: readonly T[], token: unknown, size: unknown = PAGE) => {
  if (typeof size !== 'number' || size < 1 || size > PAGE) {
    throw new Refusal(`MaxResults is more than maximum allowed length ${PAGE}.`);
  }
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from)) throw new Refusal('The given next token is not valid');
  const next = from + size;
  return {
    page: rows.slice(from, next),
    next: next < rows.length ? { NextToken: `${next}` } : {},
  };
};

export const columnInfosOf = ({ columns }: TrinoAnswer) =>
  columns.map(({ name, type, typeSignature }) => ({
    ...{ CatalogName: 'hive', SchemaName: '', TableName: '', Name: name, Label: name },
    Type: typeSignature.rawType,
    ...{ ...sizeOf(type), Nullable: 'UNKNOWN' },
    CaseSensitive: typeSignature.rawType === 'varchar',
  }));

const PRECISIONS: Readonly<Record<string, number>> = {
  ...{ integer: 10, bigint: 19, double: 17, real: 17, varchar: 2_147_483_647 },
};
const sizeOf = (type: string): { readonly Precision: number; readonly Scale: number } => {
  const [, precision, scale] = /^decimal\((\d+),\s*(\d+)\)$/.exec(type) ?? [];
  return { Precision: Number(precision ?? PRECISIONS[type] ?? 0), Scale: Number(scale ?? 0) };
};

/** The file that Athena leaves of a SELECT. */
export const csvOf = (rows: ReturnType<typeof rowsOf>): string =>
  rows
    .map(({ Data }) =>
      Data.map(({ VarCharValue }) =>
        VarCharValue === undefined ? '' : `"${VarCharValue.replaceAll('"', '""')}"`,
      ).join(','),
    )
    .map((line) => `${line}\n`)
    .join('');
