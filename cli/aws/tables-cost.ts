import { prices } from '../../docs/aws-prices.json';
import { scanUsd } from '../tables/scan-cost';
import { count } from '../terminal/numbers';
import type { CostLine } from './cost-lines';

/** What a build does and what is taken for granted of it; tests hold what is counted to the code. */
export const BUILT = {
  /** A build each quarter of an hour in which something arrived. */
  everyS: 900,
  /** Statements of a build of one day's requests, all of one model version, and of labels. */
  statements: { requests: 6, labels: 3 },
  /** Those that read what was asked and answered in the hour so far. */
  readBodies: 3,
  /** Those that write. */
  writes: 5,
  /** Statements once a day, if something was written: two of them rewrite the day. */
  upkeep: 14,
  rewrites: 2,
  /** States of Step Functions of a service, a piece of work, and a statement of it; a run's own are the stage's. */
  states: { service: 1, work: 4, statement: 3 },
  memoryMb: { build: 512, mark: 256 },
} as const;

const ASSUMED = {
  /** Compressed, as Firehose leaves them. */
  arrivedKb: 1,
  /** In all tables, compressed. */
  storedKb: 1,
  /** Of the hour in which they arrive, what a build reads on average: a quarter, two, three, all of it. */
  hourSoFar: 0.625,
  /** Seconds that the function takes which says what comes next, and that which notes an object. */
  nextS: 0.3,
  markS: 0.1,
  /** Objects that a writing statement leaves, and requests for objects of any statement. */
  putsOfWrite: 6,
  putsOfResult: 2,
  getsOfStatement: 30,
  glueOfStatement: 10,
  /** Of DynamoDB, each time that something is asked or noted. */
  readsOfNext: 4,
  writesOfBuild: 6,
  writesOfMark: 2,
  /** Seconds between two of Firehose's objects. */
  objectS: 60,
} as const;

const KB = 1e3;
const KB_A_GB = 1024 ** 2;
const HOUR_S = 3600;
const DAY_S = 86_400;
const KINDS = 2;
/** Pieces of work once a day: of the service, and of the tables of all services. */
const DAILY = 2;

/** The assumptions as sentences. */
export const tablesAssumptions: readonly string[] = [
  `tables: a build every ${BUILT.everyS / 60} minutes while predictions come, with labels in each, of one service and one model version`,
  `tables: a prediction has ${ASSUMED.arrivedKb} KB as it arrives, and ${ASSUMED.storedKb} KB in all tables; a build reads its hour so far ${BUILT.readBodies} times, and any statement is billed for 10 MB at least`,
];

interface Asked {
  /** Predictions a month. */
  readonly predictions: number;
  readonly perSecond: number;
}

/** What it costs to have predictions of one service in tables, with labels. */
export const tablesCost = ({ predictions, perSecond }: Asked): readonly CostLine[] => {
  const seconds = predictions / perSecond;
  const builds = Math.ceil(Math.min(predictions, seconds / BUILT.everyS));
  const days = Math.ceil(seconds / DAY_S);
  const ofBuild = BUILT.statements.requests + BUILT.statements.labels;
  const statements = builds * ofBuild + days * BUILT.upkeep;
  const bytesOf = (ofSeconds: number): number =>
    Math.min(predictions, perSecond * ofSeconds) * ASSUMED.arrivedKb * KB;
  const scanned =
    builds *
      (BUILT.readBodies * scanUsd(bytesOf(HOUR_S) * ASSUMED.hourSoFar) +
        (ofBuild - BUILT.readBodies) * scanUsd(0)) +
    days *
      (BUILT.rewrites * scanUsd(bytesOf(DAY_S)) + (BUILT.upkeep - BUILT.rewrites) * scanUsd(0));
  const states =
    builds * (BUILT.states.service + KINDS * BUILT.states.work) +
    days * (BUILT.states.service + DAILY * BUILT.states.work) +
    statements * BUILT.states.statement;
  const asked = statements + builds * KINDS + days * DAILY;
  const objects = Math.min(predictions, seconds / ASSUMED.objectS) + builds;
  const gbSeconds =
    (asked * ASSUMED.nextS * BUILT.memoryMb.build + objects * ASSUMED.markS * BUILT.memoryMb.mark) /
    1024;
  const puts =
    statements * ASSUMED.putsOfResult +
    (builds * BUILT.writes + days * BUILT.upkeep) * ASSUMED.putsOfWrite +
    builds;
  const gets = statements * ASSUMED.getsOfStatement;
  const stored = (predictions * ASSUMED.storedKb) / KB_A_GB;
  const line = (item: string, quantity: string, usd: number): CostLine => ({ item, quantity, usd });
  return [
    line('Athena', `${whole(statements)} statements in ${whole(builds)} builds`, scanned),
    line('Step Functions', `${whole(states)} states`, states * prices.state_transition.usd),
    line(
      'Lambda',
      `${whole(asked + objects)} calls, ${whole(gbSeconds)} GB-s`,
      (asked + objects) * prices.lambda_request.usd + gbSeconds * prices.lambda_gb_second.usd,
    ),
    line(
      'S3 requests',
      `${whole(puts)} PUT, ${whole(gets)} GET`,
      puts * prices.s3_put.usd + gets * prices.s3_get.usd,
    ),
    line('S3 storage', `${stored.toFixed(1)} GB for a month`, stored * prices.s3_gb_month.usd),
    line(
      'Events, Glue, DynamoDB',
      `${whole(objects)} objects told of`,
      objects *
        (prices.event.usd +
          ASSUMED.writesOfMark * prices.dynamodb_write.usd +
          prices.dynamodb_read.usd) +
        statements * ASSUMED.glueOfStatement * prices.glue_request.usd +
        asked * ASSUMED.readsOfNext * prices.dynamodb_read.usd +
        builds * ASSUMED.writesOfBuild * prices.dynamodb_write.usd,
    ),
  ];
};

const whole = (value: number): string => count(Math.round(value));
