import { existsSync } from 'node:fs';
import type { TableColumn } from '../../../core/tables/table-column';
import type { LabelNeeds } from './label-needs';
import { CLIENT_LABELS, named } from './label-statements';
import { literal } from './quoting';
import { draftOf, waitingPaths } from './waiting-files';

/** Requests that come so long after a label by their client's id still get it. */
const CLIENT_HOURS = 24;

/** Columns of the file of labels by clients' ids. */
export const CLIENTS_KEPT: readonly TableColumn[] = [
  ...CLIENT_LABELS,
  { name: 'asked', type: 'string' },
  { name: 'several', type: 'boolean' },
];

const COLUMNS = CLIENT_LABELS.map((column) => column.name).join(', ');

/** Labels by their client's id with the examples they mean; `asked` tells requests apart. */
export const clientMatches = (labels: string, requests: string, service: string): string => `
  SELECT q.request_id || '-' || c.row_index AS example_id,
    ${CLIENT_LABELS.map((column) => `c.${column.name}`).join(', ')},
    coalesce(q.primary_request_id, q.request_id) AS asked
  FROM ${labels} c JOIN ${requests} q ON q.client_request_id = c.client_request_id
  WHERE q.service = ${literal(service)} AND q.status_code = 200 AND c.row_index < q.row_count
    AND q.request_time <= c.received_at + INTERVAL ${CLIENT_HOURS} HOUR`;

/**
 * A draft of a service's labels by clients' ids that may still find requests, with more of them and with
 * what they have found in `matches`. Tells how many have now found several.
 */
export const keepClients = async (
  { duck, folder }: Pick<LabelNeeds, 'duck' | 'folder'>,
  service: string,
  more: string | null,
  matches: string,
) => {
  const { clients: path } = waitingPaths(folder, service);
  const known = [
    `SELECT ${COLUMNS}, asked, false AS several FROM ${matches}`,
    ...(more === null ? [] : [`SELECT ${COLUMNS}, NULL, false FROM ${more}`]),
    ...(existsSync(path)
      ? [
          `SELECT ${COLUMNS}, asked, several FROM ${named(`read_parquet(${literal(path)})`, CLIENTS_KEPT)}`,
        ]
      : []),
  ];
  await duck.run(
    `CREATE OR REPLACE TABLE clients AS
     SELECT ${COLUMNS}, min(asked) AS asked, bool_or(several) AS was,
       was OR count(DISTINCT asked) > 1 AS several
     FROM (${known.join(' UNION ALL ')}) GROUP BY ${COLUMNS}`,
  );
  const [found] = await duck.rows(
    'SELECT count(*)::INTEGER AS ambiguous FROM clients WHERE several AND NOT was',
  );
  const select = `SELECT ${COLUMNS}, asked, several FROM clients`;
  const draft = await draftOf({ duck, folder }, path, select);
  await duck.run('DROP TABLE clients');
  return { ...draft, ambiguous: Number(found?.ambiguous) };
};
