import { type Command, Option } from 'commander';
import { days, type None, number, type Quota, quota, repeated, whole } from '../option-values';

/** Options that say what operators decide about a service. */
export interface SettingsOptions {
  readonly description?: string;
  readonly auth?: boolean;
  readonly rate?: number;
  readonly burst?: number;
  readonly quota?: Quota | None;
  readonly sample?: number;
  readonly hash?: readonly string[];
  readonly mask?: readonly string[];
  readonly drop?: readonly string[];
  readonly keep?: readonly string[];
  readonly clientIp?: boolean;
  readonly captured?: 'after' | 'before';
  readonly requestsDays?: number | None;
  readonly rowsDays?: number | None;
  readonly labelsDays?: number | None;
  readonly maxRows?: number;
  readonly maxQueue?: number;
  readonly timeoutMs?: number;
  readonly corsOrigin?: readonly string[];
  readonly positional?: boolean;
}

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
    .addOption(
      new Option('--captured <when>', 'whether the answer waits for it, where it has to').choices([
        'after',
        'before',
      ]),
    )
    .option('--requests-days <days>', 'how long requests are kept; none is for ever', days)
    .option('--rows-days <days>', 'how long rows of its table are kept; none is for ever', days)
    .option('--labels-days <days>', 'how long labels are kept; none is for ever', days)
    .option('--max-rows <rows>', 'rows per call', whole(1, 10_000))
    .option('--max-queue <requests>', 'requests that may wait', whole(1, 100_000))
    .option('--timeout-ms <ms>', 'how long the model may take', whole(100, 29_000))
    .option('--cors-origin <origin>', 'pages that may call; may be given again', repeated)
    .option('--positional', 'plain arrays may be read by position')
    .option('--no-positional', 'plain arrays are refused');
