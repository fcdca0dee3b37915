import { THE_LABEL, type ToldOutcome, toldOutcomes } from '../../../core/tables/outcomes';
import type { MappedColumn } from '../../../core/tables/service-table';
import { within } from './answered';
import { meantIn, type ReceivedLabels } from './label-rows';
import { typedLabel } from './label-shape';
import { type Places, tablesOf } from './places';
import { literal, name } from './quoting';
import type { Statement } from './statement';
import type { Window } from './take-requests';

/** Which column of a service's table a model version's labels stand in. */
export interface LabelPlace {
  readonly model: string;
  readonly version: number;
  readonly label: string;
}

/**
 * Gives the rows of a window the labels that mean them and are later than their own, each outcome for
 * itself; the latest of several, then the latest received.
 */
export const mergeLabels = (
  places: Places,
  from: ReceivedLabels,
  window: Window,
  columns: readonly MappedColumn[],
  versions: readonly LabelPlace[],
): Statement => {
  const told = toldOutcomes(columns);
  const set = told.flatMap((one) =>
    cellsOf(one, columns, versions).map(([column, value]) => {
      // Of several outcomes only some are later.
      const next =
        told.length === 1 ? value : `CASE WHEN ${later(one)} THEN ${value} ELSE t.${column} END`;
      return `${column} = ${next}`;
    }),
  );
  return {
    step: 'label-rows',
    sql: `MERGE INTO ${tablesOf(places).rows(from.service)} t USING (
  ${meantIn(places, from, window)}
  SELECT example_id, ${told.map(latest).join(',\n    ')}
  FROM meant WHERE example_id BETWEEN ${literal(window.firstId)} AND ${literal(`${window.lastId}.`)}
    AND name IN (${told.map((one) => literal(one.name)).join(', ')}) GROUP BY example_id
) s
ON t.example_id = s.example_id AND ${within(window, 't.')}
WHEN MATCHED AND (${told.map(later).join(' OR ')})
THEN UPDATE SET ${set.join(', ')}`,
  };
};

const RANK =
  'CAST(ROW(labelled_at, received_at, batch_id, position) AS ROW(a timestamp(6), b timestamp(6), c varchar, d integer))';

/** The latest of an example's labels that tell an outcome. */
const latest = ({ name: of, suffix }: ToldOutcome): string => {
  const filter = `FILTER (WHERE name = ${literal(of)})`;
  return (
    `max_by(label, ${RANK}) ${filter} AS label${suffix}, ` +
    `max(labelled_at) ${filter} AS labelled_at${suffix}, ` +
    `max_by(received_at, ${RANK}) ${filter} AS received_at${suffix}`
  );
};

/** Whether it is later than its row's own. */
const later = ({ labelledAt, receivedAt, suffix }: ToldOutcome): string => {
  const [mine, its] = [`s.labelled_at${suffix}`, `t.${name(labelledAt)}`];
  return `(${mine} IS NOT NULL AND (${its} IS NULL OR ${mine} > ${its}
    OR (${mine} = ${its} AND s.received_at${suffix} > t.${name(receivedAt)})))`;
};

/** The columns that an outcome changes, and what they become. */
const cellsOf = (
  { name: of, labelledAt, receivedAt, suffix }: ToldOutcome,
  columns: readonly MappedColumn[],
  versions: readonly LabelPlace[],
): readonly (readonly [string, string])[] => {
  const values = columns.flatMap((column) => {
    if (column.kind === 'label' && of === THE_LABEL) {
      return [[name(column.name), placed(column, versions)] as const];
    }
    if (column.kind !== 'outcome' || column.of !== of) return [];
    return [[name(column.name), typedLabel(`s.label${suffix}`, column.type)] as const];
  });
  return [
    ...values,
    [name(labelledAt), `s.labelled_at${suffix}`],
    [name(receivedAt), `s.received_at${suffix}`],
  ];
};

/** A label in a column: of several, a row's label stands in the one of its model version. */
const placed = (
  column: Pick<MappedColumn, 'name' | 'type'>,
  versions: readonly LabelPlace[],
): string => {
  const value = typedLabel('s.label', column.type);
  const here = versions.filter(({ label }) => label === column.name);
  if (here.length === versions.length) return value;
  if (here.length === 0) return `t.${name(column.name)}`;
  const isHere = here
    .map(
      ({ model, version }) =>
        `(t.model_name = ${literal(model)} AND t.model_version = ${Math.trunc(version)})`,
    )
    .join(' OR ');
  return `CASE WHEN ${isHere} THEN ${value} END`;
};
