import type { Retention } from '../../../core/services/service';
import type { Erasure, ErasureReport } from '../../../core/tables/erasure';
import { NO_COLUMNS, type VersionColumns } from '../../../core/tables/service-table';
import { type BuildReport, build } from './build';
import { erase, purge } from './erase';
import { lookAgain } from './label-again';
import { batchesIn, type Counts, takeLabels } from './label-build';
import { mergeLabels } from './label-merge';
import type { LabelNeeds } from './label-needs';
import { placesOf } from './label-statements';
import { isBefore, nextWindow } from './log-window';
import { discardDrafts, finishDecided } from './part-files';
import { retain } from './retain';
import { tidyParts } from './tidy-parts';
import { emptyLog, trimLog } from './trim-log';
import type { Description } from './unpack-service';

interface Needs extends LabelNeeds {
  /** Where the capture log is. */
  readonly log: string;
  readonly describe: (service: string) => Promise<ServiceDescription | undefined>;
  readonly retentions: () => Promise<
    readonly { readonly service: string; readonly retention: Retention }[]
  >;
}

/** What is known of a service's table. */
export interface ServiceDescription extends Description {
  /** Every model version that the service had. */
  readonly versions: () => Promise<
    readonly (Pick<VersionColumns, 'label'> & {
      readonly model: string;
      readonly version: number;
    })[]
  >;
}

/** What happened to one service's records in a step. */
export interface ServiceCounts {
  /** Requests that could not be unpacked. */
  readonly errors: number;
  /** Labels by a client's id that several requests carried. */
  readonly ambiguous: number;
  /** Labels that are no longer waited for: they had no row for a week. */
  readonly unmatched: number;
}

/** What one step did. */
export interface StepReport extends Pick<BuildReport, 'rows' | 'errors' | 'malformed'> {
  /** Labels that arrived. */
  readonly labels: number;
  /** There is more to do at once. */
  readonly more: boolean;
  /** Services with something to tell. */
  readonly services: Readonly<Record<string, ServiceCounts>>;
}

export const NOTHING: StepReport = {
  ...{ rows: 0, errors: 0, malformed: 0, labels: 0 },
  ...{ more: false, services: {} },
};

/** Labels are in SQL at once, and so long after in the files of their rows. */
const MERGE_EVERY_MS = 15 * 60_000;
const RETAIN_EVERY_MS = 3_600_000;
const TIDY_EVERY_MS = 60_000;
/** What is in the tables stays so long in the log, for whoever else reads it. */
const LOG_KEPT_MS = 24 * 3_600_000;
/**
 * SQL joins what waits with every question, so that there should not be too much of it. While more
 * arrives each merge would write the same parts once more, so that it may be ten times as much.
 */
const MOST_WAITING = 200_000;
const MOST_ARRIVING = 2_000_000;

/** Keeps the tables: what is captured comes into them, and labels to their rows. Step by step. */
export const tableBuilder = (needs: Needs) => {
  const { state, folder, log, describe, retentions, now } = needs;
  let mergedAt = now().getTime();
  let leftWaiting = 0;
  let retainedAt = Number.NEGATIVE_INFINITY;
  let tidiedAt = now().getTime();

  const labelled = async (service: string) => {
    const description = await describe(service);
    if (!description) return undefined;
    const places = async () => placesOf(await description.versions());
    return { table: description.table, places };
  };

  const waitingLabels = (): number =>
    [...state.waiting().values()].reduce((sum, { examples }) => sum + examples, 0);

  /** Brings all waiting labels into their rows' parts; how many of them nobody waits for any more. */
  const merge = async (): Promise<Counts> => {
    await finishDecided(state);
    const unmatched: Record<string, number> = {};
    for (const service of state.waiting().keys()) {
      unmatched[service] = (await mergeLabels({ ...needs, describe: labelled }, service)).unmatched;
    }
    mergedAt = now().getTime();
    leftWaiting = waitingLabels();
    return unmatched;
  };

  const isMergeDue = (most: number): boolean => {
    if ([...state.waiting().values()].every(({ examples, clients }) => examples + clients === 0)) {
      return false;
    }
    // Those without rows stay, however often they are looked for.
    const isMuch = waitingLabels() - leftWaiting > most;
    return isMuch || Math.abs(now().getTime() - mergedAt) > MERGE_EVERY_MS;
  };

  /** Takes out what is kept no longer. */
  const retainAll = async (): Promise<void> => {
    for (const { service, retention } of await retentions()) {
      await retain(needs, service, retention);
    }
    retainedAt = now().getTime();
  };

  return {
    /** Throws away what something that failed has drafted: it may be the disk that is full. */
    discard: (): void => discardDrafts(folder, state),

    retainAll,

    /** Whether it is time for `retainAll`. */
    isRetentionDue: (): boolean => Math.abs(now().getTime() - retainedAt) > RETAIN_EVERY_MS,

    /** Takes data that nobody reads any more out of parts' files. */
    async tidy(): Promise<void> {
      // Also when it fails: nothing waits for it.
      tidiedAt = now().getTime();
      await tidyParts(needs);
    },

    /** Whether it is time for `tidy`. */
    isTidyDue: (): boolean => Math.abs(now().getTime() - tidiedAt) > TIDY_EVERY_MS,

    /** Takes out of the log what has long been in the tables; it does not grow up to `upTo` any more. */
    async trim(upTo: number): Promise<void> {
      trimLog(log, state.position(), upTo, now().getTime() - LOG_KEPT_MS);
    },

    /** Takes whole requests out; all that is captured must be in the tables. */
    async erase(service: string, what: Erasure, upTo: number): Promise<ErasureReport> {
      const report = await erase(needs, service, what);
      emptyLog(log, upTo);
      return report;
    },

    /** Takes a service's tables out; all that is captured must be in them. */
    async purge(service: string, upTo: number): Promise<ErasureReport> {
      const report = await purge(needs, service);
      emptyLog(log, upTo);
      return report;
    },

    /** Tells, after each step, whether all that is captured and labelled at this moment is in the tables. */
    untilNow(): () => boolean {
      const end = nextWindow(log, state.position(), Number.POSITIVE_INFINITY)?.end;
      const batches = batchesIn(needs.labels);
      return () =>
        !(end && isBefore(state.position(), end)) && batches.every(({ id }) => state.hasBatch(id));
    },

    /** Takes on what is new; null when nothing is. */
    async step(): Promise<StepReport | null> {
      const built = await build(needs);
      const taken = await takeLabels(needs);
      const due = isMergeDue(taken ? MOST_ARRIVING : MOST_WAITING);
      if (!built && !taken && !due) return null;
      const { rows = 0, errors = 0, malformed = 0 } = built ?? {};
      const unmatched = due ? await merge() : {};
      const services = servicesOf({
        errors: [built?.failed],
        ambiguous: [built?.ambiguous, taken?.ambiguous],
        unmatched: [unmatched],
      });
      const more = (built?.more ?? false) || (taken?.more ?? false);
      return { rows, errors, malformed, labels: taken?.labels ?? 0, more, services };
    },

    /** Brings every label that waits into its row's part. */
    async merge(): Promise<StepReport> {
      const services = servicesOf({ errors: [], ambiguous: [], unmatched: [await merge()] });
      return { ...NOTHING, services };
    },

    /** Looks for the rows of a service's labels again, of those received on these days; tells how many of these it found. */
    retry: (service: string, from: string, to: string): Promise<number> =>
      describe(service).then((description) =>
        lookAgain(needs, service, { from, to }, description?.table ?? NO_COLUMNS),
      ),
  };
};

export type TableBuilder = ReturnType<typeof tableBuilder>;

type Several = readonly (Counts | undefined)[];

const servicesOf = (
  counts: Readonly<Record<keyof ServiceCounts, Several>>,
): StepReport['services'] => {
  const all = Object.values(counts).flat();
  const names = new Set(all.flatMap((count) => Object.keys(count ?? {})));
  const of = (service: string, several: Several): number =>
    several.reduce((sum, count) => sum + (count?.[service] ?? 0), 0);
  const entries = [...names].map((service): [string, ServiceCounts] => [
    service,
    {
      errors: of(service, counts.errors),
      ambiguous: of(service, counts.ambiguous),
      unmatched: of(service, counts.unmatched),
    },
  ]);
  return Object.fromEntries(entries.filter(([, found]) => Object.values(found).some(Boolean)));
};
