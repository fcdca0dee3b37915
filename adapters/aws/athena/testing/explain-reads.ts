/** What a statement touches of one table, as its plan says: of each bounded column the values or ranges. */
export interface TableRead {
  /** With its schema. */
  readonly table: string;
  /** A value as it is; a range as `low..high`, where either may be missing. */
  readonly bounds: Readonly<Record<string, readonly string[]>>;
}

interface Marker {
  readonly value?: string;
  readonly bound: 'ABOVE' | 'BELOW' | 'EXACTLY';
}

/** The parts of `EXPLAIN (TYPE IO, FORMAT JSON)` that say what is read. */
interface IoPlan {
  readonly inputTableColumnInfos: readonly {
    readonly table: { readonly schemaTable: { readonly schema: string; readonly table: string } };
    readonly constraint: {
      readonly columnConstraints: readonly {
        readonly columnName: string;
        readonly domain: {
          readonly ranges: readonly { readonly low: Marker; readonly high: Marker }[];
        };
      }[];
    };
  }[];
}

type Run = (sql: string) => Promise<{ readonly rows: readonly (readonly unknown[])[] }>;

const boundOf = ({ low, high }: { readonly low: Marker; readonly high: Marker }): string => {
  const isValue = low.bound === 'EXACTLY' && high.bound === 'EXACTLY' && low.value === high.value;
  return isValue ? (low.value ?? '') : `${low.value ?? ''}..${high.value ?? ''}`;
};

/**
 * What a statement would read, a line for each scan; the target of a `MERGE` is scanned, too. A `DELETE`
 * of whole partitions has no scan and is no part of the plan of inputs and outputs: its line is what
 * the other plan says, in which columns are named and values are not.
 */
export const explainReads = async (run: Run, sql: string): Promise<readonly TableRead[]> => {
  const explain = async (how: string): Promise<string> => {
    const { rows } = await run(`EXPLAIN (${how}) ${sql}`);
    return String(rows[0]?.[0]);
  };
  const plan: IoPlan = JSON.parse(await explain('TYPE IO, FORMAT JSON'));
  const reads = plan.inputTableColumnInfos.map(({ table, constraint }) => ({
    table: `${table.schemaTable.schema}.${table.schemaTable.table}`,
    bounds: Object.fromEntries(
      constraint.columnConstraints.map(({ columnName, domain }) => [
        columnName,
        domain.ranges.map(boundOf),
      ]),
    ),
  }));
  if (reads.length > 0) return reads;
  const deletion =
    /TableDelete\[target = \w+:([\w.]+)\S*(?: constraint on \[([^\]]*)\])?/.exec(
      await explain('TYPE DISTRIBUTED'),
    ) ?? [];
  const [, table = '', columns = ''] = deletion;
  const named = columns.split(', ').filter((column) => column !== '');
  return [{ table, bounds: Object.fromEntries(named.map((column) => [column, []])) }];
};
