import { InvalidArgumentError } from 'commander';

/** Readers of option values. They throw what commander turns into wrong usage. */
const wrong = (message: string): never => {
  throw new InvalidArgumentError(message);
};

/** A whole number between two bounds. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return value;
    return wrong(`A whole number from ${least} to ${most}.`);
  };

/** A number between two bounds. */
export const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d*\.?\d+$/.test(text) && value >= least && value <= most) return value;
    return wrong(`A number from ${least} to ${most}.`);
  };

/** Gathers the values of an option that may be given again and again. */
export const repeated = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
];

/** Gathers `name=value` options. */
export const pairs = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=');
  if (at < 1) return wrong('Looks like name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

/** Requests per UTC day, week or month. */
export interface Quota {
  readonly limit: number;
  readonly period: 'day' | 'week' | 'month';
}

/** Said to take a limit away. It is no null: commander reads that as a text that is empty. */
export type None = 'none';

/** `1000/day`, or `none`. */
export const quota = (text: string): Quota | None => {
  if (text === 'none') return text;
  const [, limit = '', period] = /^(\d{1,13})\/(day|week|month)$/.exec(text) ?? [];
  if (!period || Number(limit) < 1) return wrong('Looks like 1000/day, 1000/week or 1000/month.');
  return { limit: Number(limit), period: period as Quota['period'] };
};

const MOST_DAYS = 36_500;

/** How many days, or `none`. */
export const days = (text: string): number | None => {
  if (text === 'none') return text;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST_DAYS
    ? value
    : wrong(`Whole days from 1 to ${MOST_DAYS}, or none.`);
};

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time as RFC 3339, once it is known what time it is. */
export type Moment = (now: Date) => string;

/** A time, or how long ago it was: `1h`, `2026-11-20`, `2026-11-20T10:00:00Z`. */
export const ago = (text: string): Moment => moment(text, -1);

/** A time, or how far ahead it is: `90d`. */
export const ahead = (text: string): Moment => moment(text, 1);

const moment = (text: string, sign: 1 | -1): Moment => {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const distance = Number(amount) * (UNITS[unit] ?? 0) * sign;
  if (amount !== '') return (now) => new Date(now.getTime() + distance).toISOString();
  const [, day, rest = ''] = /^(\d{4}-\d\d-\d\d)(.*)$/.exec(text) ?? [];
  // A bare day is read as UTC by Date, everything else without a zone as local.
  const at = new Date(`${day}${rest === '' ? 'T00:00:00' : rest.replace(/^ /, 'T')}`);
  if (Number.isNaN(at.getTime())) {
    return wrong('Looks like 15m, 1h, 7d, 2026-11-20 or 2026-11-20T10:00:00Z.');
  }
  return () => at.toISOString();
};

/** A version of a model. */
export interface ModelRef {
  readonly name: string;
  readonly version: number;
}

/** `wine/3`. */
export const modelRef = (text: string): ModelRef => {
  const [, name, version] = /^([^/]+)\/(\d{1,9})$/.exec(text) ?? [];
  if (!name || Number(version) < 1) return wrong('Looks like wine/3: a model and its version.');
  return { name, version: Number(version) };
};

/** Gathers `v1=90` shares. */
export const shares = (
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> => {
  const [, version, share] = /^([^=]+)=(\d{1,3})$/.exec(text) ?? [];
  if (!version) return wrong('Looks like v1=90.');
  if (Object.hasOwn(before, version)) return wrong(`${version} is there twice.`);
  return { ...before, [version]: Number(share) };
};

/** Where a version runs, in the API's words. */
export type Compute =
  | { readonly serverless: { readonly memory_mb: number; readonly concurrency: number } }
  | { readonly instances: { readonly type: string; readonly count: number } }
  | {
      readonly instances: {
        readonly type: string;
        readonly min: number;
        readonly max: number;
        readonly scaling?: Scaling;
      };
    };

interface Scaling {
  readonly by: 'invocations' | 'concurrency';
  readonly target: number;
}

/** `serverless:2048:10`, `ml.m5.large:2`, `ml.m5.large:1-4` or `ml.m5.large:1-4:concurrency:8`. */
export const compute = (text: string): Compute => {
  const [, memory, concurrency] = /^serverless:(\d{1,6}):(\d{1,4})$/.exec(text) ?? [];
  if (memory) {
    return { serverless: { memory_mb: Number(memory), concurrency: Number(concurrency) } };
  }
  const [, type, first, last, by, target] =
    /^([a-z0-9.-]+):(\d{1,4})(?:-(\d{1,4})(?::(invocations|concurrency):(\d{1,7}))?)?$/.exec(
      text,
    ) ?? [];
  if (!type) {
    return wrong(
      'Looks like serverless:2048:10, ml.m5.large:2, ml.m5.large:1-4 or ml.m5.large:1-4:concurrency:8.',
    );
  }
  const least = Number(first);
  if (last === undefined) return { instances: { type, count: least } };
  const range = { type, min: least, max: Number(last) };
  if (by === undefined) return { instances: range };
  return { instances: { ...range, scaling: { by: by as Scaling['by'], target: Number(target) } } };
};
