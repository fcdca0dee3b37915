import type { CapturePolicy } from './capture-policy';

/** Rows in JSON's own values; every row has a cell per column. */
export interface SplitTable {
  readonly columns: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

interface Policed extends SplitTable {
  readonly rules: CapturePolicy['columns'];
  /** HMAC-SHA-256 of a text under the installation's key, in hex. */
  readonly hash: (text: string) => string;
}

/** The rows as the body of a `dataframe_split` request; `hashed` are columns that hold hashes. */
export const splitText = ({ columns, data }: SplitTable, hashed: readonly string[] = []): string =>
  JSON.stringify({ dataframe_split: { columns, data, ...(hashed.length > 0 && { hashed }) } });

/**
 * The rows as a `dataframe_split` body in which a dropped column is missing, a masked one is null
 * and a hashed one holds `hash` of each value's JSON text (`"5"` and `5` differ, `5.0` and `5` do
 * not). A missing value stays null. A member `hashed` names the columns that hold hashes, where there
 * are any. Rules match names exactly; one for an absent column does nothing.
 */
export const applyPolicy = ({ columns, data, rules, hash }: Policed): string => {
  const ruleOf = (name: string) => (Object.hasOwn(rules, name) ? rules[name] : undefined);
  const hashed = (value: unknown): string | null => {
    const text = JSON.stringify(value ?? null);
    return text === 'null' ? null : hash(text);
  };
  const kept = columns.flatMap((name, place) => {
    const rule = ruleOf(name);
    return rule === 'drop' ? [] : [{ name, place, rule }];
  });
  const policed = {
    columns: kept.map(({ name }) => name),
    data: data.map((row) =>
      kept.map(({ place, rule }) => {
        if (rule === 'mask') return null;
        return rule === 'hash' ? hashed(row[place]) : row[place];
      }),
    ),
  };
  return splitText(
    policed,
    kept.flatMap(({ name, rule }) => (rule === 'hash' ? [name] : [])),
  );
};
