import type { VersionColumns } from '../../../core/tables/service-table';
import type { ScalarType } from '../../../core/tables/table-column';
import { literal, trinoType } from './quoting';

type Feature = VersionColumns['features'][number];

const isHashed = (features: readonly Feature[]): boolean =>
  features.some(({ hashColumn }) => hashColumn !== null);

// Trino 483 cannot run NULLIF within a lambda that reads columns: hence IF.

/** A JSON value's text: of a text itself, of anything else its JSON; null of null. */
const textOf = (json: string): string =>
  `COALESCE(json_extract_scalar(${json}, '$'), IF(json_format(${json}) <> 'null', json_format(${json})))`;

/**
 * For each feature `p`, where its cell stands in the request's rows, from 1 (null where it has no such
 * column), and `h`, whether that holds a hash. `columns_` and `hashed_` are the request's.
 */
export const placesOf = (features: readonly Feature[]): string => {
  // An array that is written out has 254 elements at most.
  const names = JSON.stringify(features.map(({ feature }) => feature));
  const texts = `CAST(json_parse(${literal(names)}) AS array(varchar))`;
  const hash = isHashed(features) ? 'COALESCE(contains(hashed_, f), false)' : 'false';
  return `transform(${texts}, f -> CAST(ROW(IF(contains(columns_, f), array_position(columns_, f)), ${hash}) AS ROW(p bigint, h boolean)))`;
};

/** Of one row: `v`, each feature's plain value, and where there are any `w`, its hash; JSON. */
export const cellsOf = (features: readonly Feature[]): string =>
  isHashed(features)
    ? `transform(j.places_, x -> IF(NOT x.h, element_at(u.cells, x.p))) AS v,
      transform(j.places_, x -> IF(x.h, element_at(u.cells, x.p))) AS w`
    : 'transform(j.places_, x -> element_at(u.cells, x.p)) AS v';

/** Adds `s` and `k`, the texts of `v` and `w`, where features need them. */
export const readTexts = (features: readonly Feature[], from: string): string => {
  const texts = features.some(({ type }) => type === 'string' || type === 'timestamp')
    ? [`transform(v, c -> ${textOf('c')}) AS s`]
    : [];
  const hashes = isHashed(features) ? [`transform(w, c -> ${textOf('c')}) AS k`] : [];
  return `SELECT ${['*', ...texts, ...hashes].join(', ')} FROM ${from}`;
};

/** The columns of a feature, the `i`-th, and their values. */
export const featureCells = ({ column, hashColumn, type }: Feature, i: number) => {
  const plain = { column, value: featureOf(i + 1, type) };
  return hashColumn === null ? [plain] : [plain, { column: hashColumn, value: `k[${i + 1}]` }];
};

const featureOf = (at: number, type: ScalarType): string => {
  if (type === 'string') return `s[${at}]`;
  // Times without a zone are UTC. The model sees whole milliseconds.
  if (type === 'timestamp') {
    return `CAST(TRY(from_iso8601_timestamp(replace(upper(s[${at}]), ' ', 'T'))) AT TIME ZONE 'UTC' AS timestamp(6))`;
  }
  return `TRY_CAST(v[${at}] AS ${trinoType(type)})`;
};

/** A model's answer for a row, from JSON. */
export const outputCell = (json: string, type: VersionColumns['output']): string =>
  type === 'string' ? textOf(json) : `TRY_CAST(${json} AS ${trinoType(type)})`;

/** The columns of a classifier's probabilities, and their values. */
export const PROBABILITIES = [
  {
    column: 'confidence',
    value: `array_max(filter(map_values(TRY_CAST(probability_ AS map(varchar, double))), p -> p IS NOT NULL))`,
  },
  { column: 'probabilities', value: `json_format(probability_)` },
];
