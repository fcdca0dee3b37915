import { AthenaClient } from '@aws-sdk/client-athena';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { athenaQueries } from '../../adapters/aws/athena/athena-queries';
import { athenaRequests } from '../../adapters/aws/athena/athena-requests';
import { queryFile } from '../../adapters/aws/athena/query-file';
import { queryRunner } from '../../adapters/aws/athena/query-runner';
import { tableRuns } from '../../adapters/aws/athena/table-runs';
import { tablesStatus } from '../../adapters/aws/athena/tables-status';
import { newId, now } from '../../adapters/primitives';
import type { RecordStore } from '../../core/shared/record-store';
import { builtTimes } from '../../core/tables/built-times';
import { dirtyHours } from '../../core/tables/dirty-hours';
import type { Warehouse } from '../../core/tables/warehouse';
import { variable } from './environment';
import { report } from './observability';
import { patience } from './patience';

/** Within the 25 s that a caller waits. */
const ANSWER_MS = 5_000;

/** The tables in Athena, and the captured requests among them. */
export const openTables = (store: RecordStore) => {
  const athena = new AthenaClient(patience(ANSWER_MS, 3));
  const database = variable('DATABASE');
  const asking = { athena, database, workGroup: variable('QUERIES_WORKGROUP'), now };
  const runs = tableRuns({
    sfn: new SFNClient(patience(ANSWER_MS, 3)),
    ...{ machine: variable('TABLES_MACHINE'), newId, now },
  });
  const warehouse: Warehouse = {
    ...athenaQueries({ ...asking, store }),
    queryResult: queryFile({
      runner: queryRunner(asking),
      s3: new S3Client(patience(ANSWER_MS, 3)),
      ...{ store, now },
    }),
    startRun: runs.startRun,
    runState: runs.runState,
    status: tablesStatus({ hours: dirtyHours(store), built: builtTimes(store) }),
  };
  const requests = athenaRequests({ ...asking, report: (error) => report(error, '') });
  return { warehouse, requests, database };
};
