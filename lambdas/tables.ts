import { now } from '../adapters/primitives';
import { captureEndpoints } from '../api/capture/endpoints';
import { controlApi } from '../api/control';
import { tableEndpoints } from '../api/tables/endpoints';
import { findRequests } from '../core/capture/find-requests';
import { getRequest } from '../core/capture/get-request';
import { serviceRecords } from '../core/services/service-records';
import { cancelQuery, findQuery, runQuery } from '../core/tables/run-query';
import { findRun, startRun, tablesStatus } from '../core/tables/run-tables';
import { tableRecords } from '../core/tables/table-records';
import { controlHandler } from './support/control-handler';
import { report } from './support/observability';
import { operatorDesk } from './support/operator-desk';
import { openRecords } from './support/stores';
import { openTables } from './support/table-room';

const records = openRecords();
const services = serviceRecords(records);
const { warehouse, requests, database } = openTables(records);
const tables = tableRecords(records);
const serviceExists = async (name: string) => (await services.read(name)) !== undefined;

/** The tables of what was captured, SQL over them, and looking captured requests up. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: {
      ...tableEndpoints({
        ...{ tables, database },
        runQuery: runQuery({ warehouse }),
        findQuery: findQuery({ warehouse }),
        queryResult: warehouse.queryResult,
        cancelQuery: cancelQuery({ warehouse }),
        startRun: startRun({ warehouse, services, tables, now }),
        findRun: findRun({ warehouse }),
        status: tablesStatus({ warehouse, tables }),
      }),
      ...captureEndpoints({
        findRequests: findRequests({ requests, serviceExists, now }),
        getRequest: getRequest({ requests, delay: 'the tables may be 25 minutes behind' }),
      }),
    },
    ...operatorDesk(records),
    report,
  }),
});
