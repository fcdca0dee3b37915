import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { AthenaClient } from '@aws-sdk/client-athena';
import { SFNClient } from '@aws-sdk/client-sfn';
import middy from '@middy/core';
import type { ServiceWork, Work } from '../adapters/aws/athena/plan-builds';
import type { Run } from '../adapters/aws/athena/run';
import { type Advice, type Ran, tableBuilder } from '../adapters/aws/athena/table-builder';
import { tableRuns } from '../adapters/aws/athena/table-runs';
import { newId, now } from '../adapters/primitives';
import { serviceEvents } from '../core/services/service-events';
import { serviceRecords } from '../core/services/service-records';
import { ambiguousLabels } from '../core/tables/ambiguous-labels';
import { builtTimes } from '../core/tables/built-times';
import { dirtyHours } from '../core/tables/dirty-hours';
import { labelBatches } from '../core/tables/label-batches';
import { tableRecords } from '../core/tables/table-records';
import { tellFindings } from '../core/tables/tell-findings';
import { upkeepRecords } from '../core/tables/upkeep-records';
import { capturedPrefix, variable } from './support/environment';
import { metrics, publishMetrics } from './support/metrics';
import { logger, observed, report } from './support/observability';
import { patience } from './support/patience';
import { pause } from './support/pause';
import { openRecords } from './support/stores';

/** What the state machine asks. */
type Ask =
  /** Which work an execution (its ARN) has to do. */
  | { readonly ask: 'plan'; readonly run: Run; readonly execution: string }
  /** What comes after what has been done for a piece of work. */
  | {
      readonly ask: 'next';
      readonly work: Work;
      readonly ran: readonly Ran[];
      readonly execution: string;
    }
  /** A step failed to the end: what is dirty stays so. */
  | { readonly ask: 'failed'; readonly work: Work; readonly why: string };

/** What it is answered. */
type Answer =
  | readonly ServiceWork[]
  | Advice
  | { readonly failed: string; readonly service: string; readonly kind: Work['item']['kind'] };

/** Within a minute, which it may take in all. */
const ANSWER_MS = 10_000;

const store = openRecords();
const hours = dirtyHours(store);
const tables = tableRecords(store);
const services = serviceRecords(store);
const batches = labelBatches(store);
const built = builtTimes(store);
const ambiguous = ambiguousLabels(store, now);
const days = process.env.CAPTURED_DAYS ?? '';
const builder = tableBuilder({
  ...{ hours, tables, ambiguous, now },
  athena: new AthenaClient(patience(ANSWER_MS, 4)),
  upkeep: upkeepRecords(store),
  retentionOf: async (service) => (await services.find(service))?.retention,
  places: { database: variable('DATABASE'), rawDatabase: variable('RAW_DATABASE') },
  bucket: variable('TABLES_BUCKET'),
  captured: `s3://${variable('CAPTURED_BUCKET')}/${capturedPrefix}`,
  capturedDays: days === '' ? null : Number(days),
  quietSeconds: Number(variable('QUIET_SECONDS')),
  runs: tableRuns({
    sfn: new SFNClient(patience(ANSWER_MS, 4)),
    ...{ machine: variable('TABLES_MACHINE'), newId, now },
  }),
});

/** For how many seconds the oldest of what has arrived has been waiting: said at each tick. */
const countWaiting = async (): Promise<void> => {
  const since = (await hours.list()).map((hour) => Date.parse(hour.since));
  const oldest = Math.min(...since, now().getTime());
  metrics.addMetric('TablesWaiting', MetricUnit.Seconds, (now().getTime() - oldest) / 1000);
};

const events = serviceEvents({
  ...{ store, guard: services.guard, now, pause },
  report: (error) => report(error, ''),
});
const tell = tellFindings({ events, warn: (message) => logger.warn(message) });

/** What is remembered of work that is done: of a service that is purged the table's description goes last. */
const settle = async ({
  done,
  kind,
  service,
}: Extract<Advice, { done: unknown }>): Promise<void> => {
  if (kind === 'requests' || kind === 'labels') await built.note(service, now());
  if (kind !== 'erase' && kind !== 'purge') {
    tell(service, done);
    await events.settled();
  }
  if (kind !== 'purge') return;
  await batches.removeOf(service);
  await ambiguous.removeOf(service);
  await built.remove(service);
  await tables.remove(service);
};

const answer = async (asked: Ask): Promise<Answer> => {
  switch (asked.ask) {
    case 'plan': {
      if (asked.run.kind === 'tick') await countWaiting();
      return builder.plan(asked.run, asked.execution);
    }
    case 'next': {
      const advice = await builder.next(asked.work, asked.ran, asked.execution);
      if (!('done' in advice)) return advice;
      await settle(advice);
      const { done, kind, service } = advice;
      logger.info('built', { ...done, work: kind, of_service: service });
      return advice;
    }
    case 'failed': {
      const { kind, service } = asked.work.item;
      logger.error('a build failed', { work: kind, of_service: service, why: asked.why });
      metrics.addMetric('TablesFailed', MetricUnit.Count, 1);
      return { failed: asked.why, service, kind };
    }
  }
};

/** The mind of the state machine that builds tables: the machine runs, waits and tries again. */
export const handler = middy<Ask, Answer>()
  .use(observed())
  .handler((asked) => answer(asked).finally(publishMetrics));
