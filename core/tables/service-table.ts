import type { Signature } from '../models/signature';
import { BEFORE_FEATURES, BEHIND_FEATURES } from './fixed-columns';
import {
  featureType,
  fits,
  outputType,
  type ScalarType,
  type TableColumn,
  type TableType,
} from './table-column';

/** A column of a service's table that models have brought with them. */
export interface MappedColumn extends TableColumn {
  /** `feature` holds the values of the feature `of`, `hash` their hashes; `outcome` those of a name. */
  readonly kind:
    | ('feature' | 'hash' | 'prediction' | 'label')
    | ('outcome' | 'outcome-labelled' | 'outcome-received');
  /** The feature's or outcome's name; empty for a prediction and its label. */
  readonly of: string;
}

/** The columns of a service's table, in the order in which they came. None is ever dropped or retyped. */
export interface ServiceTable {
  readonly columns: readonly MappedColumn[];
}

/** Where one model version's values go. */
export interface VersionColumns {
  readonly features: readonly {
    readonly feature: string;
    readonly column: string;
    /** Null where no policy has ever hashed the feature. */
    readonly hashColumn: string | null;
    readonly type: ScalarType;
  }[];
  readonly prediction: string;
  readonly label: string;
  readonly output: TableType;
  /** Class names in the order of the probabilities. */
  readonly classes: readonly string[] | null;
}

export const NO_COLUMNS: ServiceTable = { columns: [] };

const FIXED = new Set([...BEFORE_FEATURES, ...BEHIND_FEATURES].map(({ name }) => name));

/** A column's name for a feature's: lower case, `_` for anything but `[a-z0-9_]`. */
const plainName = (feature: string): string =>
  feature.toLowerCase().replaceAll(/[^a-z0-9_]/gu, '_') || '_';

/** Characters of a column's name in Glue's catalog; the same at home, so that both have the same names. */
const LONGEST_NAME = 255;

/** A name that ends with `ending`, whatever of its stem has room before it. */
const named = (stem: string, ending: string): string =>
  stem.slice(0, LONGEST_NAME - ending.length) + ending;

/** Gives each name that it is asked for, or that with the first free number from 2, to nobody else. */
export const freeNames = ({ columns }: ServiceTable) => {
  const taken = new Set([...FIXED, 'prediction', 'label', ...columns.map(({ name }) => name)]);
  return (stem: string, ending = ''): string => {
    let candidate = named(stem, ending);
    for (let i = 2; taken.has(candidate); i += 1) candidate = named(stem, `${ending}_${i}`);
    taken.add(candidate);
    return candidate;
  };
};

/**
 * The table with room for a model version's columns, and where they are. A column that is there already
 * is used when the type fits it; otherwise the name gets the first free number from 2. One that is too
 * long is cut. A feature that a capture policy hashes has a second column, for the hashes.
 */
export const withVersion = (
  table: ServiceTable,
  { inputs, output }: Pick<Signature, 'inputs' | 'output'>,
  hashed: ReadonlySet<string>,
): { readonly table: ServiceTable; readonly version: VersionColumns } => {
  const columns = [...table.columns];
  const free = freeNames(table);
  const place = (
    kind: MappedColumn['kind'],
    of: string,
    type: TableType,
    nameOf: () => string,
  ): string => {
    const known = columns.find((column) => isOf(column, kind, of) && fits(type, column.type));
    if (known) return known.name;
    const name = nameOf();
    columns.push({ name, type, kind, of });
    return name;
  };
  // The two outputs stand under their own names, until a type no longer fits.
  const outputName = (kind: 'prediction' | 'label') => () =>
    columns.some((column) => column.kind === kind) ? free(kind) : kind;

  const type = outputType(output);
  const version = {
    features: inputs.map(({ name, type: given }) => {
      const column = place('feature', name, featureType(given), () => free(plainName(name)));
      const isHashed = hashed.has(name) || columns.some((known) => isOf(known, 'hash', name));
      const hashColumn = isHashed
        ? place('hash', name, 'string', () => free(column, '_hash'))
        : null;
      return { feature: name, column, hashColumn, type: featureType(given) };
    }),
    prediction: place('prediction', '', type, outputName('prediction')),
    label: place('label', '', type, outputName('label')),
    output: type,
    classes: output.classes,
  };
  return { table: { columns }, version };
};

const isOf = (column: MappedColumn, kind: MappedColumn['kind'], of: string): boolean =>
  column.kind === kind && column.of === of;
