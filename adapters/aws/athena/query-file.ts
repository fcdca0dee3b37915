import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { DomainError, type Fault } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import type { ResultPlace, Warehouse } from '../../../core/tables/warehouse';
import { askedQueries } from './asked-queries';
import { isRunning, type queryRunner } from './query-runner';

interface Needs {
  readonly runner: Pick<ReturnType<typeof queryRunner>, 'find'>;
  readonly s3: S3Client;
  /** Remembers which queries were asked here. */
  readonly store: RecordStore;
  readonly now: () => Date;
}

const VALID_S = 300;

/** By this, and not by words, the command line knows that it has to make Parquet itself. */
const NOT_OFFERED: Fault = {
  ...{ path: 'query.format', code: 'not-offered' },
  message: 'csv is the one that there is',
};

/** Where the whole result of a query lies: Athena has written it as CSV when it ran. */
export const queryFile =
  ({ runner, s3, store, now }: Needs): Warehouse['queryResult'] =>
  async (id, format): Promise<ResultPlace> => {
    if (format !== 'csv') {
      const why =
        "on AWS a whole result is a CSV: ask with format=csv, of which `tidegate sql --parquet` makes Parquet, or have Athena write Parquet: UNLOAD (SELECT …) TO 's3://…' WITH (format = 'PARQUET')";
      throw new DomainError('bad-request', why, { faults: [NOT_OFFERED] });
    }
    const query = (await askedQueries(store, now).find(id)) && (await runner.find(id));
    if (!query) {
      throw new DomainError('not-found', `no query ${id}: queries are forgotten after a while`);
    }
    if (isRunning(query)) {
      throw new DomainError('not-stopped', `query ${id} still runs: wait for it, or cancel it`);
    }
    const { bucket = '', key = '' } =
      PLACE.exec(query.ResultConfiguration?.OutputLocation ?? '')?.groups ?? {};
    if (query.Status?.State !== 'SUCCEEDED' || key === '') {
      throw new DomainError('not-found', `query ${id} has no result that is a CSV`);
    }
    const object = new GetObjectCommand({
      ...{ Bucket: bucket, Key: key },
      ResponseContentType: 'text/csv; charset=utf-8',
      ResponseContentDisposition: `attachment; filename="${id}.csv"`,
    });
    return { url: await getSignedUrl(s3, object, { expiresIn: VALID_S }) };
  };

/** What is no SELECT has a result that is no CSV. */
const PLACE = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+\.csv)$/;
