import { randomUUID } from 'node:crypto';
import { type TrinoAnswer, trinoClient } from '../client';
import type { Buckets } from './buckets';
import type { Properties } from './create-table';
import { type Execution, startExecution } from './execution';
import type { Faults } from './faults';
import { Refusal } from './refusal';
import { columnInfosOf, csvOf, pageOf, rowsOf } from './results';
import { type Translated, translate } from './statement';

export interface WorkGroup {
  /** `s3://bucket/prefix/` for results. */
  readonly output?: string;
  readonly bytesScannedCutoffPerQuery?: number;
}

interface Needs {
  readonly trinoUrl: () => string;
  readonly buckets: Buckets;
  readonly workGroupOf: (name: string) => Promise<WorkGroup | undefined>;
  /** Puts a file of results at `s3://bucket/key`. */
  readonly putResult: (uri: string, text: string) => Promise<void>;
  readonly faults: Faults;
}

interface StartInput {
  readonly QueryString: string;
  readonly ClientRequestToken?: string;
  readonly QueryExecutionContext?: { readonly Database?: string };
  readonly ResultConfiguration?: { readonly OutputLocation?: string };
  readonly WorkGroup?: string;
  readonly ExecutionParameters?: readonly string[];
}
interface IdInput {
  readonly QueryExecutionId: string;
}

interface Known {
  readonly input: StartInput;
  readonly translated: Translated;
  readonly execution: Execution;
  readonly workGroup: string;
  readonly output: string;
}

const ENGINE = {
  SelectedEngineVersion: 'AUTO',
  EffectiveEngineVersion: 'Athena engine version 3',
};
const DEFAULT_AGE_S = 432_000;
const SESSION = {
  'hive.ignore_absent_partitions': 'true',
  'iceberg.expire_snapshots_min_retention': '0s',
  'iceberg.remove_orphan_files_min_retention': '0s',
};

const nameOf = ({ WorkGroup = 'primary' }: StartInput): string => WorkGroup;

/** Athena's operations by name, over Trino. */
export const operationsOver = ({ trinoUrl, buckets, workGroupOf, putResult, faults }: Needs) => {
  const executions = new Map<string, Known>();
  const tokens = new Map<string, string>();
  const properties = new Map<string, Properties>();

  const groupOf = async (name: string): Promise<WorkGroup> => {
    const found = await workGroupOf(name);
    if (!found) throw new Refusal(`WorkGroup ${name} is not found.`);
    return found;
  };
  const knownOf = ({ QueryExecutionId: id }: IdInput): Known => {
    const known = executions.get(id);
    if (!known) throw new Refusal(`QueryExecution ${id} was not found`);
    return known;
  };
  const snapshotAgeOf = (table: string): number =>
    Number(properties.get(table)?.vacuum_max_snapshot_age_seconds ?? DEFAULT_AGE_S);

  const begin = (input: StartInput, workGroup: WorkGroup): string => {
    const { QueryString: sql, ExecutionParameters: parameters } = input;
    const output = input.ResultConfiguration?.OutputLocation ?? workGroup.output;
    if (!output) {
      throw new Refusal(
        'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
      );
    }
    if (faults.meets('throttle', sql)) {
      throw new Refusal('Rate exceeded', 'TooManyRequestsException', {
        Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED',
      });
    }
    const translated = translate(
      sql,
      { locationOf: buckets.locationOf, snapshotAgeOf },
      parameters,
    );
    const schema = input.QueryExecutionContext?.Database;
    const session = { catalog: 'iceberg', ...(schema && { schema }), properties: SESSION };
    const id = randomUUID();
    const execution = startExecution({
      client: trinoClient(trinoUrl(), session),
      ...{ translated, parameters, cutoff: workGroup.bytesScannedCutoffPerQuery },
      fault: (['commit-conflict', 'never-ends', 'more-runs'] as const).find((kind) =>
        faults.meets(kind, sql),
      ),
      keep: async (answer) => {
        const { table, values } = translated.properties ?? {};
        if (table) properties.set(table, { ...properties.get(table), ...values });
        await putResult(placeOf(output, id), csvIn(answer, translated));
      },
    });
    executions.set(id, { input, translated, execution, workGroup: nameOf(input), output });
    return id;
  };
  const csvIn = (answer: TrinoAnswer, translated: Translated): string =>
    buckets.toUris(csvOf(rowsOf(answer, translated)));

  return {
    async StartQueryExecution(input: StartInput) {
      const { ClientRequestToken: token = randomUUID() } = input;
      const workGroup = await groupOf(nameOf(input));
      const before = tokens.get(token);
      if (before) {
        const { ClientRequestToken: _, ...same } = knownOf({ QueryExecutionId: before }).input;
        const { ClientRequestToken: __, ...given } = input;
        if (JSON.stringify(same) !== JSON.stringify(given)) {
          throw new Refusal('Idempotent parameters do not match');
        }
        return { QueryExecutionId: before };
      }
      const id = begin(input, workGroup);
      tokens.set(token, id);
      return { QueryExecutionId: id };
    },
    async GetQueryExecution(input: IdInput) {
      return { QueryExecution: describe(input.QueryExecutionId, knownOf(input)) };
    },
    async GetQueryResults(
      input: IdInput & { readonly NextToken?: string; readonly MaxResults?: number },
    ) {
      const { execution, translated } = knownOf(input);
      const answer = execution.answer();
      const state = execution.state();
      if (state === 'QUEUED' || state === 'RUNNING') {
        throw new Refusal(`Query has not yet finished. Current state: ${state}`);
      }
      if (state !== 'SUCCEEDED') {
        throw new Refusal(`Query did not finish successfully. Final query state: ${state}`);
      }
      const rows = answer ? rowsOf(answer, translated) : [];
      const { page, next } = pageOf(rows, input.NextToken, input.MaxResults);
      return {
        UpdateCount: answer?.updateCount ?? 0,
        ResultSet: {
          Rows: JSON.parse(buckets.toUris(JSON.stringify(page))),
          ResultSetMetadata: { ColumnInfo: answer ? columnInfosOf(answer) : [] },
        },
        ...next,
      };
    },
    async StopQueryExecution(input: IdInput) {
      const { execution } = knownOf(input);
      execution.cancel();
      return {};
    },
    async GetQueryRuntimeStatistics(input: IdInput) {
      const { execution } = knownOf(input);
      const { physicalInputBytes, processedRows } = execution.stats();
      return {
        QueryRuntimeStatistics: {
          Timeline: timelineOf(execution),
          Rows: { InputRows: processedRows, InputBytes: physicalInputBytes },
        },
      };
    },
    async GetWorkGroup({ WorkGroup: name }: { readonly WorkGroup: string }) {
      const { output, bytesScannedCutoffPerQuery } = await groupOf(name);
      return {
        WorkGroup: {
          ...{ Name: name, State: 'ENABLED' },
          Configuration: {
            ...(output && { ResultConfiguration: { OutputLocation: output } }),
            ...(bytesScannedCutoffPerQuery && {
              BytesScannedCutoffPerQuery: bytesScannedCutoffPerQuery,
            }),
            ...{ EnforceWorkGroupConfiguration: true, EngineVersion: ENGINE },
          },
        },
      };
    },
    running: () =>
      [...executions]
        .filter(([, { execution }]) => execution.state() === 'RUNNING')
        .map(([id, { execution }]) => ({ id, hangs: execution.hangs })),
    /** Ends what runs. */
    async stop() {
      for (const { execution } of executions.values()) execution.cancel();
      await Promise.all([...executions.values()].map(({ execution }) => execution.ended));
    },
  };
};

const placeOf = (output: string, id: string): string => `${output.replace(/\/$/, '')}/${id}.csv`;

const timelineOf = ({ stats, times }: Execution) => {
  const total = (times.completed() ?? Date.now()) - times.submitted;
  return {
    QueryQueueTimeInMillis: stats().queuedMs,
    EngineExecutionTimeInMillis: Math.min(stats().elapsedMs, total),
    TotalExecutionTimeInMillis: total,
  };
};

const describe = (id: string, { input, translated, execution, workGroup, output }: Known) => {
  const reason = execution.reason();
  const category = execution.errorCategory();
  const completed = execution.times.completed();
  return {
    ...{ QueryExecutionId: id, Query: input.QueryString, WorkGroup: workGroup },
    ...{ StatementType: translated.type, SubstatementType: translated.subtype },
    ResultConfiguration: { OutputLocation: placeOf(output, id) },
    QueryExecutionContext: input.QueryExecutionContext ?? {},
    ...(input.ExecutionParameters && { ExecutionParameters: input.ExecutionParameters }),
    EngineVersion: ENGINE,
    Status: {
      State: execution.state(),
      SubmissionDateTime: execution.times.submitted / 1000,
      ...(completed && { CompletionDateTime: completed / 1000 }),
      ...(reason && { StateChangeReason: reason }),
      ...(reason &&
        category && {
          AthenaError: { ErrorCategory: category, Retryable: false, ErrorMessage: reason },
        }),
    },
    Statistics: {
      DataScannedInBytes: execution.stats().physicalInputBytes,
      ...timelineOf(execution),
    },
  };
};
