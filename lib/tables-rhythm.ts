import { Duration } from 'aws-cdk-lib';
import type { StageConfig } from './config';

/** How often tables are built, and what is too long. */
export interface TablesRhythm {
  /** From one build to the next. */
  readonly every: Duration;
  /** What has arrived may wait so long: for three builds. */
  readonly longestWait: Duration;
  /** Within this a build must have begun. */
  readonly longestSilence: Duration;
}

/** Minutes: a build takes some, and no metric is looked at for longer than a day. */
const [LEAST, MOST] = [5, 360];

/** When a stage's tables are built. @throws when that is too often, too seldom or no time */
export const tablesRhythm = ({ tablesEvery }: Pick<StageConfig, 'tablesEvery'>): TablesRhythm => {
  if (!Number.isInteger(tablesEvery) || tablesEvery < LEAST || tablesEvery > MOST) {
    throw new Error(
      `tablesEvery is ${LEAST} to ${MOST} whole minutes, which alarms can watch: not ${tablesEvery}`,
    );
  }
  const minutes = (builds: number): Duration => Duration.minutes(builds * tablesEvery);
  return { every: minutes(1), longestWait: minutes(3), longestSilence: minutes(4) };
};
