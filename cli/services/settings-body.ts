import type { None, Quota } from '../option-values';
import { type SettingsOptions, UNLIMITED_RATE } from './settings';

type ColumnRule = 'drop' | 'mask' | 'hash';
type ColumnRules = Readonly<Record<string, ColumnRule>>;

/** What was given under the API's names, but for the throttle; `columns` are the rules there were. */
export const settingsBody = (options: SettingsOptions, columns: ColumnRules = {}) => {
  const rules = columnRules(options, columns);
  const capture = orNothing({
    ...(options.sample !== undefined && { sample: options.sample }),
    ...(rules && { columns: rules }),
    ...(options.clientIp !== undefined && { client_ip: options.clientIp }),
    ...(options.captured !== undefined && { when: options.captured }),
  });
  const retention = orNothing({
    ...(options.requestsDays !== undefined && { requests_days: orNull(options.requestsDays) }),
    ...(options.rowsDays !== undefined && { rows_days: orNull(options.rowsDays) }),
    ...(options.labelsDays !== undefined && { labels_days: orNull(options.labelsDays) }),
  });
  return {
    ...(options.description !== undefined && { description: options.description }),
    ...(options.auth !== undefined && { auth: options.auth }),
    ...(options.maxRows !== undefined && { max_rows: options.maxRows }),
    ...(options.maxQueue !== undefined && { max_queue: options.maxQueue }),
    ...(options.timeoutMs !== undefined && { timeout_ms: options.timeoutMs }),
    ...(options.corsOrigin !== undefined && { cors_origins: [...options.corsOrigin] }),
    ...(options.positional !== undefined && { positional: options.positional }),
    ...(capture && { capture }),
    ...(retention && { retention }),
  };
};

/** The API replaces the rules as a whole, so those that stay are among them. */
const columnRules = (
  { hash = [], mask = [], drop = [], keep = [] }: SettingsOptions,
  before: ColumnRules,
): Record<string, ColumnRule> | undefined => {
  if (hash.length + mask.length + drop.length + keep.length === 0) return undefined;
  const given = (rule: ColumnRule, columns: readonly string[]) =>
    columns.map((column) => [column, rule] as const);
  return Object.fromEntries([
    ...Object.entries(before).filter(([column]) => !keep.includes(column)),
    ...given('hash', hash),
    ...given('mask', mask),
    ...given('drop', drop),
  ]);
};

type Limits = Pick<SettingsOptions, 'rate' | 'burst' | 'quota'>;
type Throttle = { rate: number; burst: number; quota: Quota | null };

/** A whole throttle; `fallback` is the rate when none was given, the burst twice the rate. */
export const wholeThrottle = (limits: Limits, fallback: number): Throttle | undefined => {
  const given = partialThrottle(limits);
  if (!given) return undefined;
  const { rate = fallback, quota = null } = given;
  const twice = Math.min(UNLIMITED_RATE, Math.max(1, Math.ceil(rate * 2)));
  return { rate, burst: given.burst ?? twice, quota };
};

/** Only what was given of a throttle. */
export const partialThrottle = ({ rate, burst, quota }: Limits): Partial<Throttle> | undefined =>
  orNothing({
    ...(rate !== undefined && { rate }),
    ...(burst !== undefined && { burst }),
    ...(quota !== undefined && { quota: orNull(quota) }),
  });

const orNull = <T>(value: T | None): T | null => (value === 'none' ? null : value);

const orNothing = <T extends object>(given: T): T | undefined =>
  Object.keys(given).length > 0 ? given : undefined;
