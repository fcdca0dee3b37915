import { type AthenaClient, GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import type { Retention } from '../../../core/services/service';
import type { AmbiguousLabels } from '../../../core/tables/ambiguous-labels';
import type { DirtyHours } from '../../../core/tables/dirty-hours';
import type { TableRecords } from '../../../core/tables/table-records';
import type { UpkeepRecords } from '../../../core/tables/upkeep-records';
import { markArrivedAgain } from './arrived-again';
import type { TabledService } from './build-arrival';
import { type BuildItem, buildItem, type ItemReport } from './build-item';
import type { Chore } from './chore';
import { FIND_LINES } from './erased-found';
import type { Places } from './places';
import { hoursOf, planBuilds, type ServiceWork, type Work } from './plan-builds';
import { planUpkeep } from './plan-upkeep';
import type { Run } from './run';
import type { Statement, StatementResult } from './statement';
import { statementResult } from './statement-result';
import { nextStep, type StepResult, type Until } from './steps';

/** The state machine's executions. */
export interface Executions {
  /** Those that run now. */
  running(): Promise<readonly { readonly execution: string; readonly started: Date }[]>;
  /** Whether another one of a tick runs. */
  isTickRunning(execution: string): Promise<boolean>;
}

interface Needs {
  readonly athena: AthenaClient;
  readonly hours: DirtyHours;
  readonly tables: Pick<TableRecords, 'find' | 'listVersions' | 'revisions'>;
  readonly ambiguous: Pick<AmbiguousLabels, 'counted'>;
  readonly upkeep: UpkeepRecords;
  /** Undefined when there is no such service. */
  readonly retentionOf: (service: string) => Promise<Retention | undefined>;
  readonly places: Places;
  /** Where tables lie. */
  readonly bucket: string;
  /** Where what has arrived lies, as `s3://…/`, and for how many days; null for ever. */
  readonly captured: string;
  readonly capturedDays: number | null;
  /**
   * How old files are that nothing names when they are taken away: longer than Athena lets a statement
   * run (30 minutes), or one that is still written would lose them.
   */
  readonly quietSeconds: number;
  readonly runs: Executions;
  readonly now: () => Date;
}

/** What to do next for a piece of work, after how many seconds to ask again, or what it came to. */
export type Advice =
  | { readonly statement: Statement }
  | { readonly chore: Chore }
  | { readonly wait: number }
  | { readonly done: DoneReport; readonly service: string; readonly kind: BuildItem['kind'] };

/** What a piece of work came to that is done. */
export interface DoneReport extends ItemReport {
  /** Labels by a client's id that have turned out to mean several requests. */
  readonly ambiguous: number;
}

/** What has been done for a piece of work: a statement by its id and name, or why it failed, a chore by its result. */
export type Ran =
  | { readonly query: string; readonly step?: string }
  | { readonly failed: string; readonly step: string }
  | { readonly chore: StatementResult };

/** Seconds between two looks at what is waited for: a quarter of what has passed. */
const FIRST_LOOK_S = 15;
const LAST_LOOK_S = 300;

/**
 * Says what has to be done to bring what has arrived into the tables, and to take out of them what is to
 * go. Of a piece of work it keeps nothing: whoever does the steps gives back what they came to, so that it
 * may be asked again after a crash, and twice at once.
 */
export const tableBuilder = (needs: Needs) => {
  const { athena, hours, tables, upkeep, runs, now } = needs;
  const { places, bucket, captured, capturedDays, quietSeconds } = needs;

  const describe = async (service: string): Promise<TabledService | undefined> => {
    const table = await tables.find(service);
    return table && { table, versions: await tables.listVersions(service) };
  };

  /** Services whose tables are not as they are described; one without a description needs those of all. */
  const unmade = (
    services: Iterable<string>,
    revisions: ReadonlyMap<string, number>,
    made: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, number> => {
    const revised = [...services].map((service) => [service, revisions.get(service) ?? 0] as const);
    return new Map(revised.filter(([service, revision]) => made.get(service) !== revision));
  };

  /** Services whose tables are about to go. */
  const purged = async (): Promise<ReadonlySet<string>> => {
    const running = await runs.running();
    const erasing = await upkeep.erasing();
    return new Set(running.flatMap(({ execution }) => erasing.get(execution) ?? []));
  };

  const planTick = async (at: string): Promise<readonly ServiceWork[]> => {
    const [found, revisions, made, going] = await Promise.all([
      hours.list(),
      tables.revisions(),
      upkeep.made(),
      purged(),
    ]);
    const stays = (service: string): boolean => !going.has(service);
    const dirty = found.filter(({ service }) => stays(service));
    await hours.clear(
      found.filter(({ service }) => !stays(service)),
      at,
    );
    const described = [...revisions.keys()].filter(stays);
    const services = new Set([...described, ...dirty.map(({ service }) => service)]);
    for (const service of made.keys()) if (!services.has(service)) await upkeep.remove(service);
    const last = await planUpkeep(needs, described, at.slice(0, 10));
    return planBuilds({ hours: dirty, unmade: unmade(services, revisions, made), last, at });
  };

  const completedAt = async (ran: readonly Ran[]): Promise<Date> => {
    const last = ran.findLast((one) => 'query' in one);
    if (!last) return new Date(0);
    const command = new GetQueryExecutionCommand({ QueryExecutionId: last.query });
    const { Status } = (await athena.send(command)).QueryExecution ?? {};
    return Status?.CompletionDateTime ?? now();
  };

  const secondsLeft =
    (ran: readonly Ran[], execution: string) =>
    async (until: Until): Promise<number> => {
      const ended = await completedAt(ran);
      const passed = (now().getTime() - ended.getTime()) / 1000;
      if (until === 'files-settle') return Math.max(0, Math.ceil(quietSeconds - passed));
      // Of two that take something out each would wait for the other.
      await upkeep.startErasing(execution, now());
      const [running, erasing] = await Promise.all([runs.running(), upkeep.erasing()]);
      const older = running.filter(
        (one) => one.execution !== execution && one.started < ended && !erasing.has(one.execution),
      );
      return older.length === 0
        ? 0
        : Math.round(Math.min(LAST_LOOK_S, Math.max(FIRST_LOOK_S, passed / 4)));
    };

  /** What is remembered of a piece of work that is done. */
  const settle = async (
    work: Work,
    wrote: Parameters<UpkeepRecords['wrote']>[1],
  ): Promise<void> => {
    const { item, at } = work;
    const today = at.slice(0, 10);
    await upkeep.wrote(item.service, wrote);
    await hours.clear(hoursOf(work), at);
    if (item.kind === 'tables') await upkeep.setMade(item.service, item.revision);
    if (item.kind === 'shared-upkeep') await upkeep.sharedDone(today);
    if (item.kind === 'upkeep') await upkeep.done(item.service, today, item.days, item.late);
  };

  const resultOf = async (one: Ran): Promise<StepResult> => {
    if ('chore' in one) return one.chore;
    if ('failed' in one) return { rows: [], written: null, ...one };
    const { query, step } = one;
    // A chore reads these where they lie.
    if (step === FIND_LINES) return { rows: [], written: null, query, step };
    return { ...(await statementResult(athena, query)), step };
  };

  return {
    /** The work that an execution has to do. */
    async plan(run: Run, execution: string): Promise<readonly ServiceWork[]> {
      const at = now().toISOString();
      if (run.kind === 'tick') {
        return (await runs.isTickRunning(execution)) ? [] : planTick(at);
      }
      const { service } = run;
      if (run.kind === 'purge') {
        await upkeep.startErasing(execution, now(), service);
        const last = [{ kind: 'purge', service, at }] as const;
        return planBuilds({ hours: [], unmade: new Map(), last, at });
      }
      if (run.kind === 'refresh') await markArrivedAgain(hours, service, run, now());
      const found = run.kind === 'tables' ? [] : await hours.list(service);
      // Who asks for a refresh may have lost a table: it is made again, whatever is known of it.
      const made = run.kind === 'refresh' ? new Map<string, number>() : await upkeep.made();
      const revisions = await tables.revisions();
      return planBuilds({
        ...{ hours: found, last: lastOf(run, at), at },
        unmade: unmade([service], revisions, made),
      });
    },

    /** What comes after what has been done for a piece of work. */
    async next(work: Work, ran: readonly Ran[], execution: string): Promise<Advice> {
      const { item, at } = work;
      if (item.kind === 'purge') {
        // What arrives of it stays out: nothing is to be built into tables that go.
        const looked = now().toISOString();
        await hours.clear(await hours.list(item.service), looked);
        // Should it come to no end, they are made again before anything is done with them.
        await upkeep.remove(item.service);
      }
      const described = await describe(item.service);
      const results = await Promise.all(ran.map(resultOf));
      const today = at.slice(0, 10);
      const ground = { bucket, quietSeconds };
      const known = { places, ground, captured, capturedDays, described, today, execution };
      const next = await nextStep(buildItem(known, item), results, secondsLeft(ran, execution));
      if (!('done' in next)) return next;
      const { report, wrote } = next.done;
      await settle(work, wrote);
      const ambiguous = await needs.ambiguous.counted(item.service, next.done.ambiguous);
      return { done: { ...report, ambiguous }, service: item.service, kind: item.kind };
    },
  };
};

/** What an execution does when all that has arrived is in the tables. */
const lastOf = (
  run: Exclude<Run, { kind: 'tick' | 'purge' }>,
  at: string,
): readonly BuildItem[] => {
  const { service } = run;
  switch (run.kind) {
    case 'tables':
      return [];
    case 'refresh':
      return [{ kind: 'labels-again', service, from: run.from, to: run.to }];
    case 'erasure':
      return [{ kind: 'erase', service, what: run.what, at }];
  }
};
