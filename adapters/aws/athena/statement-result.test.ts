import type { AthenaClient, GetQueryResultsCommand } from '@aws-sdk/client-athena';
import { statementResult } from './statement-result';

const cell = (VarCharValue: string) => ({ Data: [{ VarCharValue }] });

/** Stands in for Athena, whose emulation answers as Trino does: here it is about how many rows come. */
const answering = (rows: number): AthenaClient => {
  const all = [cell('day'), ...Array.from({ length: rows }, (_, n) => cell(String(n)))];
  const send = async ({ input }: GetQueryResultsCommand) => {
    const [from, size] = [Number(input.NextToken ?? 0), input.MaxResults ?? 0];
    return {
      ResultSet: {
        Rows: all.slice(from, from + size),
        ResultSetMetadata: { ColumnInfo: [{ Name: 'day', Type: 'varchar' }] },
      },
      ...(from + size < all.length && { NextToken: String(from + size) }),
    };
  };
  return Object.assign(Object.create(null), { send });
};

describe('what a statement came to', () => {
  it.each([0, 1, 999, 1_000, 12_345])('has all rows: %i', async (count) => {
    const { rows } = await statementResult(answering(count), 'an-id');
    expect([rows.length, rows.at(-1)]).toEqual([
      count,
      count > 0 ? [String(count - 1)] : undefined,
    ]);
  });

  it('is an error where there are more than can be looked at: nothing is left out', async () => {
    await expect(statementResult(answering(30_000), 'an-id')).rejects.toThrow('an-id has them');
  });
});
