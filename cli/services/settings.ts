import type { Command } from 'commander';
import type { Taking } from '../control-api';
import { number, type Quota, quota, repeated, whole } from '../option-values';

/** Options that say what operators decide about a service. */
export interface SettingsOptions {
  readonly description?: string;
  readonly auth?: boolean;
  readonly rate?: number;
  readonly burst?: number;
  readonly quota?: Quota | null;
  readonly sample?: number;
  readonly hash?: readonly string[];
  readonly mask?: readonly string[];
  readonly drop?: readonly string[];
  readonly keep?: readonly string[];
  readonly clientIp?: boolean;
  readonly maxRows?: number;
  readonly maxQueue?: number;
  readonly timeoutMs?: number;
  readonly corsOrigin?: readonly string[];
  readonly positional?: boolean;
}

type Settings = Omit<
  NonNullable<Taking<'POST /api/services'>['body']>,
  'name' | 'kind' | 'versions' | 'throttle' | 'capture'
>;
type ColumnRules = Readonly<Record<string, 'drop' | 'mask' | 'hash'>>;

/** The highest rate the platform takes: nothing but a quota holds such a caller back. */
export const UNLIMITED_RATE = 1_000_000;

/** Adds rate, burst and quota. */
export const withThrottle = (command: Command): Command =>
  command
    .option('--rate <requests>', 'requests per second', number(0.001, UNLIMITED_RATE))
    .option('--burst <requests>', 'requests at once (twice the rate)', whole(1, UNLIMITED_RATE))
    .option('--quota <limit>', 'such as 1000/day, week or month; none takes it away', quota);

/** Adds everything about a service that can be set at once and changed later. */
export const withSettings = (command: Command): Command =>
  withThrottle(
    command
      .option('--description <text>', 'what it is')
      .option('--auth', 'callers need a key')
      .option('--no-auth', 'anyone may call'),
  )
    .option('--sample <share>', 'share of answered requests that are captured', number(0, 1))
    .option('--hash <column>', 'store only a hash of it; may be given again', repeated)
    .option('--mask <column>', 'store null for it; may be given again', repeated)
    .option('--drop <column>', 'do not store it; may be given again', repeated)
    .option('--client-ip', "store the caller's address")
    .option('--no-client-ip', "do not store the caller's address")
    .option('--max-rows <rows>', 'rows per call', whole(1, 10_000))
    .option('--max-queue <requests>', 'requests that may wait', whole(1, 100_000))
    .option('--timeout-ms <ms>', 'how long the model may take', whole(100, 29_000))
    .option('--cors-origin <origin>', 'pages that may call; may be given again', repeated)
    .option('--positional', 'plain arrays may be read by position')
    .option('--no-positional', 'plain arrays are refused');

/** What was given, under the API's names; throttle and columns apart. */
export const plainSettings = (options: SettingsOptions): Settings => ({
  ...(options.description !== undefined && { description: options.description }),
  ...(options.auth !== undefined && { auth: options.auth }),
  ...(options.maxRows !== undefined && { max_rows: options.maxRows }),
  ...(options.maxQueue !== undefined && { max_queue: options.maxQueue }),
  ...(options.timeoutMs !== undefined && { timeout_ms: options.timeoutMs }),
  ...(options.corsOrigin !== undefined && { cors_origins: [...options.corsOrigin] }),
  ...(options.positional !== undefined && { positional: options.positional }),
});

/** Rules by column: what was there, changed by what was given. */
export const columnRules = (
  { hash = [], mask = [], drop = [], keep = [] }: SettingsOptions,
  before: ColumnRules = {},
): ColumnRules | undefined => {
  if (hash.length + mask.length + drop.length + keep.length === 0) return undefined;
  const rules = { hash, mask, drop } as const;
  const given = Object.entries(rules).flatMap(([rule, columns]) =>
    columns.map((column) => [column, rule as keyof typeof rules] as const),
  );
  const kept = Object.entries(before).filter(([column]) => !keep.includes(column));
  return Object.fromEntries([...kept, ...given]);
};

type Limits = Pick<SettingsOptions, 'rate' | 'burst' | 'quota'>;
type Throttle = { rate: number; burst: number; quota: Quota | null };

/** A whole throttle; `fallback` is the rate when none was given, the burst twice the rate. */
export const wholeThrottle = (
  { rate, burst, quota: limit }: Limits,
  fallback: number,
): Throttle | undefined => {
  if (rate === undefined && burst === undefined && limit === undefined) return undefined;
  const perSecond = rate ?? fallback;
  return {
    rate: perSecond,
    burst: burst ?? Math.min(UNLIMITED_RATE, Math.max(1, Math.ceil(perSecond * 2))),
    quota: limit ?? null,
  };
};

/** Only what was given of a throttle. */
export const partialThrottle = ({ rate, burst, quota: limit }: Limits) => {
  const given = {
    ...(rate !== undefined && { rate }),
    ...(burst !== undefined && { burst }),
    ...(limit !== undefined && { quota: limit }),
  };
  return Object.keys(given).length > 0 ? given : undefined;
};
