import {
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api';

const WHOLE: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);
const TIMES: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

/**
 * A value of a result in JSON: whole numbers beyond ±2^53−1 and decimals as text, times in RFC 3339,
 * NaN as null, infinities as text.
 */
export const jsonValue: DuckDBValueConverter<Json> = (value, type, convert) => {
  if (value === null) return null;
  const { typeId } = type;
  if (typeof value === 'bigint' && WHOLE.has(typeId)) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return Number.isNaN(value) ? null : String(value);
  }
  if (TIMES.has(typeId)) return timeText(value);
  return JsonDuckDBValueConverter(value, type, convert);
};

/** `2026-11-20 10:00:00.5` as `2026-11-20T10:00:00.500Z`; what has no such form stays as it is. */
const timeText = (value: DuckDBValue): string => {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00(?::00)?)?$/.exec(
    String(value),
  );
  if (!match) return String(value);
  const [, day, time, fraction = ''] = match;
  return `${day}T${time}.${fraction.padEnd(3, '0')}Z`;
};
