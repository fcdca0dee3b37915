/** A table over what has arrived, as text: one line of a file is one row. Builds alone read it. */
export interface RawTable {
  readonly name: 'requests' | 'labels' | 'spill';
  /** Of one column each, as text, in the order of the path. */
  readonly partitions: readonly ('service' | 'dt' | 'hour')[];
  /** `s3://…/` */
  readonly location: string;
  /** Properties of the table: partitions are computed from the path, and none is ever registered. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The one column of a raw table. */
export const RAW_COLUMN = 'line';
/** What ends a column in a line. No JSON has it, so a line is one column. */
export const RAW_DELIMITER = '\u0001';

/** The first day of which anything can have arrived. */
const FIRST_DAY = '2026-01-01';

const PROJECTIONS: Readonly<
  Record<RawTable['partitions'][number], Readonly<Record<string, string>>>
> = {
  // A statement has to say whose lines it reads.
  service: { type: 'injected' },
  dt: {
    type: 'date',
    format: 'yyyy-MM-dd',
    range: `${FIRST_DAY},NOW`,
    interval: '1',
    'interval.unit': 'DAYS',
  },
  hour: { type: 'integer', range: '0,23', digits: '2' },
};

const rawTable = (
  captured: string,
  name: RawTable['name'],
  partitions: RawTable['partitions'],
): RawTable => {
  const location = `${captured}${name}/`;
  const projected = partitions.flatMap((partition) =>
    Object.entries(PROJECTIONS[partition]).map(
      ([setting, value]) => [`projection.${partition}.${setting}`, value] as const,
    ),
  );
  const path = partitions.map((partition) => `${partition}=\${${partition}}/`).join('');
  return {
    ...{ name, partitions, location },
    properties: {
      'projection.enabled': 'true',
      ...Object.fromEntries(projected),
      'storage.location.template': `${location}${path}`,
    },
  };
};

/**
 * The raw tables over what was captured.
 * @param captured where it lies, as `s3://…/`
 */
export const rawTables = (captured: string): readonly RawTable[] => [
  rawTable(captured, 'requests', ['service', 'dt', 'hour']),
  rawTable(captured, 'labels', ['service', 'dt', 'hour']),
  rawTable(captured, 'spill', ['service', 'dt', 'hour']),
];
