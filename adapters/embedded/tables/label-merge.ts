import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import { tableNameOf } from '../../../core/tables/table-name';
import { PATIENCE_DAYS } from './label-build';
import type { LabelNeeds } from './label-needs';
import {
  EXAMPLE_LABELS,
  type LabelPlace,
  labelledColumns,
  named,
  outcomeNames,
  withLabels,
} from './label-statements';
import { keepFormer } from './part-bytes';
import type { Kept } from './part-extents';
import { carryOut, draftPath, partPath } from './part-files';
import { columnsIn, shapeOf } from './part-shape';
import { putLabels, ROW_NUMBER } from './put-labels';
import { literal } from './quoting';
import { settled } from './settled';
import type { Part, Replacement, Waiting } from './table-state';
import { emptyRelation } from './unpack-statement';
import { draftOf, waitingPaths } from './waiting-files';
import { footerOf, PART_FORMAT } from './write-parts';

interface Needs extends LabelNeeds {
  readonly describe: (service: string) => Promise<Labelled | undefined>;
}

/** A service's table and where its versions' labels go. */
export interface Labelled {
  readonly table: ServiceTable;
  readonly places: () => Promise<readonly LabelPlace[]>;
}

/** What a merge came to. */
export interface MergeReport {
  readonly merged: number;
  /** Labels that had no row for a week, and are no longer waited for. */
  readonly unmatched: number;
}

/** Brings a service's waiting labels into the parts that hold their rows, and into no others. */
export const mergeLabels = async (needs: Needs, service: string): Promise<MergeReport> => {
  const { state, describe } = needs;
  const counts = state.waiting().get(service);
  const description = await describe(service);
  if (!counts || !description) return { merged: 0, unmatched: 0 };
  const before = await dropLateClients(needs, service, counts);
  const { merged, unmatched, left, replacements } =
    counts.examples > 0 ? await mergeExamples(needs, service, description) : NO_EXAMPLES;
  const all = [...replacements, ...before.replacements];
  if (all.length > 0) {
    const waiting = { [service]: { examples: left, clients: before.left } };
    await carryOut(state, { replacements: all, waiting });
  }
  return { merged, unmatched: unmatched + before.unmatched };
};

interface Step {
  readonly replacements: readonly Replacement[];
  readonly unmatched: number;
  /** Labels that go on waiting. */
  readonly left: number;
}

const NO_EXAMPLES: Step & Pick<MergeReport, 'merged'> = {
  ...{ replacements: [], unmatched: 0, left: 0, merged: 0 },
};

const mergeExamples = async (needs: Needs, service: string, description: Labelled) => {
  const { duck, folder } = needs;
  const path = waitingPaths(folder, service).examples;
  const file = `read_parquet(${literal(path)})`;
  // Side by side, where there are two cores.
  const [parts] = await settled([
    concerned(needs, service, file),
    duck.run(`CREATE OR REPLACE TABLE waiting AS SELECT * FROM ${named(file, EXAMPLE_LABELS)}`),
    duck.run('CREATE OR REPLACE TABLE merged (example_id VARCHAR, name VARCHAR)'),
  ]);
  const places = await description.places();
  const labelled = await settled(
    parts.map((part, i) => labelledPart(needs, part, `mine_${i}`, description.table, places)),
  );
  const replacements = labelled.filter((one) => one !== null);
  const [sizes] = await duck.rows(
    `SELECT (SELECT count(*) FROM waiting)::INTEGER AS waiting,
       (SELECT count(*) FROM merged)::INTEGER AS merged`,
  );
  const merged = Number(sizes?.merged);
  const left = Number(sizes?.waiting) - merged;
  const since = sinceOf(needs);
  const unmerged = 'SELECT * FROM waiting ANTI JOIN merged USING (example_id, name)';
  // As a rule all have found their rows, and there is nothing to look for.
  const late = `SELECT count(*)::INTEGER AS labels FROM (${unmerged}) WHERE received_at < ${since}`;
  const unmatched = left === 0 ? 0 : Number((await duck.rows(late))[0]?.labels);
  if (merged + unmatched > 0) {
    const kept = await draftOf(needs, path, `${unmerged} WHERE received_at >= ${since}`);
    replacements.push(kept.replacement);
  }
  await duck.run('DROP TABLE waiting; DROP TABLE merged');
  return { replacements, merged, unmatched, left: left - unmatched };
};

/** Labels by clients' ids that are no longer waited for; `unmatched` are those that found no request. */
const dropLateClients = async (
  needs: Needs,
  service: string,
  { clients }: Waiting,
): Promise<Step> => {
  const none = { replacements: [], unmatched: 0, left: clients };
  if (clients === 0) return none;
  const path = waitingPaths(needs.folder, service).clients;
  const all = `read_parquet(${literal(path)})`;
  const since = sinceOf(needs);
  const [late] = await needs.duck.rows(
    `SELECT count(*)::INTEGER AS rows, count(*) FILTER (asked IS NULL)::INTEGER AS unmatched
     FROM ${all} WHERE received_at < ${since}`,
  );
  if (Number(late?.rows) === 0) return none;
  const select = `SELECT * FROM ${all} WHERE received_at >= ${since}`;
  const kept = await draftOf(needs, path, select);
  return {
    replacements: [kept.replacement],
    unmatched: Number(late?.unmatched),
    left: kept.rows,
  };
};

/** What was received before is no longer waited for. */
const sinceOf = ({ now }: Pick<Needs, 'now'>): string =>
  `(TIMESTAMP ${literal(now().toISOString())} - INTERVAL ${PATIENCE_DAYS} DAY)`;

/** Parts whose rows' ids are around those of waiting labels: an id names its day. */
const concerned = async (
  { duck, state }: Needs,
  service: string,
  waiting: string,
): Promise<readonly Part[]> => {
  // The first 8 digits are about a minute's: its first and last label may be of two days.
  const minutes = await duck.rows(
    `WITH minutes AS (
       SELECT min(example_id) AS first, max(example_id) AS last
       FROM ${waiting} GROUP BY left(example_id, 8)
     )
     SELECT date, min(left(first, 36)) AS first, max(left(last, 36)) AS last
     FROM (SELECT unnest([${dayOf('first')}, ${dayOf('last')}]) AS date, first, last FROM minutes)
     GROUP BY ALL`,
  );
  return minutes.flatMap(({ date, first, last }) =>
    state
      .partsOf(tableNameOf(service), String(date))
      .filter(({ firstId, lastId }) => firstId <= String(last) && lastId >= String(first)),
  );
};

const dayOf = (exampleId: string): string =>
  `epoch_ms(TRY_CAST('0x' || left(replace(left(${exampleId}, 36), '-', ''), 12) AS BIGINT))::DATE::VARCHAR`;

/** A draft of a part with its labels, which go into `merged`; null when none of those waiting is for it. */
const labelledPart = async (
  { duck, folder }: LabelNeeds,
  part: Part,
  mine: string,
  table: ServiceTable,
  places: readonly LabelPlace[],
): Promise<Replacement | null> => {
  const path = partPath(folder, part);
  const read = (more = ''): string =>
    `read_parquet(${literal(path)}, hive_partitioning = false ${more})`;
  // Features may be called as they like.
  const hasNumbers = !columnsIn(part.shape).includes(ROW_NUMBER.name);
  const rows = hasNumbers ? read(`, ${ROW_NUMBER.name} = true`) : read();
  await duck.run(
    `CREATE OR REPLACE TABLE ${mine} AS
     SELECT waiting.*, ${ROW_NUMBER.name} FROM waiting
     JOIN ${rows} USING (example_id)
     WHERE waiting.example_id BETWEEN ${literal(part.firstId)} AND ${literal(`${part.lastId}.`)}
       AND waiting.name IN ${outcomeNames(table.columns)}`,
  );
  await duck.run(`INSERT INTO merged SELECT example_id, name FROM ${mine}`);
  const [waits] = await duck.rows(`SELECT count(*)::INTEGER AS labels FROM ${mine}`);
  if (Number(waits?.labels) === 0) {
    await duck.run(`DROP TABLE ${mine}`);
    return null;
  }
  const columns = serviceColumns(table).filter((column) => column.name !== 'request_date');
  const shape = shapeOf(columns);
  const draft = draftPath(folder, part);
  const labels = `SELECT * FROM ${mine}`;
  let kept: Kept | null = null;
  if (hasNumbers && part.shape === shape) {
    const some = [ROW_NUMBER, ...labelledColumns(columns, table.columns)];
    const put = withLabels(`FROM ${rows}`, labels, some, table.columns, places, ROW_NUMBER.name);
    kept = await putLabels(duck, path, draft, put);
  }
  if (!kept) {
    const all = `${emptyRelation(columns)} UNION ALL BY NAME SELECT * FROM ${read()}`;
    const whole = withLabels(all, labels, columns, table.columns, places);
    await duck.run(`COPY (${whole}) TO ${literal(draft)} ${PART_FORMAT}`);
    kept = await keepFormer(path, draft);
  }
  await duck.run(`DROP TABLE ${mine}`);
  const { rows: found, bytes } = await footerOf(duck, draft);
  if (found !== part.rows) {
    throw new Error(
      `${part.table} of ${part.date}: ${found} rows with labels, ${part.rows} without`,
    );
  }
  return { draft, path, part: { ...part, shape, bytes }, ...kept };
};
