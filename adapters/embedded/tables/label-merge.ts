import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import { tableNameOf } from '../../../core/tables/table-name';
import { PATIENCE_DAYS } from './label-build';
import { findIn, type Looked, lookedTogether } from './label-found';
import type { LabelNeeds } from './label-needs';
import {
  EXAMPLE_LABELS,
  type LabelPlace,
  labelledColumns,
  named,
  withLabels,
} from './label-statements';
import { keepFormer } from './part-bytes';
import type { Kept } from './part-extents';
import { carryOut, draftPath, partPath } from './part-files';
import { shapeOf } from './part-shape';
import { putLabels, ROW_NUMBER } from './put-labels';
import { literal } from './quoting';
import { inLanes, settled } from './settled';
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

/** Where there are two cores; what one of them holds in memory at a time does not grow with the parts. */
const LANES = 2;
const EXAMPLES = EXAMPLE_LABELS.map((column) => column.name).join(', ');
/** What rows take of a label. */
const PUT = 'name, label, labelled_at, received_at';

const mergeExamples = async (needs: Needs, service: string, description: Labelled) => {
  const { duck, folder } = needs;
  const path = waitingPaths(folder, service).examples;
  const file = `read_parquet(${literal(path)}, file_row_number = true)`;
  // Side by side, where there are two cores.
  const [parts] = await settled([
    concerned(needs, service, file),
    duck.run(
      `CREATE OR REPLACE TABLE waiting AS
       SELECT example_id, ${PUT}, file_row_number AS place FROM ${named(file, EXAMPLE_LABELS)}`,
    ),
  ]);
  const places = await description.places();
  const looked = lookedTogether(parts);
  const labelled = await inLanes(looked, LANES, (some) =>
    labelledParts(needs, some, description.table, places),
  );
  const replacements = labelled.flatMap((some) => some.replacements);
  const merged = labelled.reduce((sum, some) => sum + some.merged, 0);
  const [all] = await duck.rows('SELECT count(*)::INTEGER AS labels FROM waiting');
  const left = Number(all?.labels) - merged;
  const since = sinceOf(needs);
  const unmerged = `SELECT ${EXAMPLES} FROM ${named(file, EXAMPLE_LABELS)} ${butFor(looked)}`;
  // As a rule all have found their rows, and there is nothing to look for.
  const late = `SELECT count(*)::INTEGER AS labels FROM (${unmerged}) WHERE received_at < ${since}`;
  const unmatched = left === 0 ? 0 : Number((await duck.rows(late))[0]?.labels);
  if (merged + unmatched > 0) {
    const kept =
      left === 0 ? emptyRelation(EXAMPLE_LABELS) : `${unmerged} WHERE received_at >= ${since}`;
    replacements.push((await draftOf(needs, path, kept)).replacement);
  }
  await duck.run(
    ['waiting', ...looked.map(({ relation }) => relation)]
      .map((table) => `DROP TABLE ${table}`)
      .join('; '),
  );
  return { replacements, merged, unmatched, left: left - unmatched };
};

/** Leaves those of the waiting labels' file out that have found their rows. */
const butFor = (looked: readonly Looked[]): string => {
  if (looked.length === 0) return '';
  const found = looked.map(({ relation }) => `SELECT place AS file_row_number FROM ${relation}`);
  return `ANTI JOIN (${found.join(' UNION ALL ')}) USING (file_row_number)`;
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

/** Drafts of those of some parts that labels are for, and how many these are. */
const labelledParts = async (
  needs: LabelNeeds,
  looked: Looked,
  table: ServiceTable,
  places: readonly LabelPlace[],
) => {
  const { duck, folder } = needs;
  await duck.run(findIn(folder, looked, table.columns));
  const counts = await duck.rows(
    `SELECT part, count(*)::INTEGER AS labels FROM ${looked.relation} GROUP BY part`,
  );
  const replacements = await inLanes(counts, LANES, async (row) => {
    const part = looked.parts[Number(row.part)];
    if (!part) throw new Error(`labels for part ${row.part} of ${looked.parts.length}`);
    const labels = `SELECT * FROM ${looked.relation} WHERE part = ${Number(row.part)}`;
    return labelledPart(needs, part, { labels, table, places, hasNumbers: looked.hasNumbers });
  });
  return { replacements, merged: counts.reduce((sum, row) => sum + Number(row.labels), 0) };
};

/** What goes into a part. */
interface Put {
  /** A SELECT of what `findIn` has found for it. */
  readonly labels: string;
  readonly table: ServiceTable;
  readonly places: readonly LabelPlace[];
  readonly hasNumbers: boolean;
}

/** A draft of a part with its labels. */
const labelledPart = async (
  { duck, folder }: LabelNeeds,
  part: Part,
  { labels, table, places, hasNumbers }: Put,
): Promise<Replacement> => {
  const path = partPath(folder, part);
  const read = (more = ''): string =>
    `read_parquet(${literal(path)}, hive_partitioning = false ${more})`;
  const columns = serviceColumns(table).filter((column) => column.name !== 'request_date');
  const shape = shapeOf(columns);
  const draft = draftPath(folder, part);
  let kept: Kept | null = null;
  if (hasNumbers && part.shape === shape) {
    const some = [ROW_NUMBER, ...labelledColumns(columns, table.columns)];
    const rows = `FROM ${read(`, ${ROW_NUMBER.name} = true`)}`;
    const put = withLabels(rows, labels, some, table.columns, places, ROW_NUMBER.name);
    kept = await putLabels(duck, path, draft, put);
  }
  if (!kept) {
    const all = `${emptyRelation(columns)} UNION ALL BY NAME SELECT * FROM ${read()}`;
    const byId = `SELECT example_id, found.* FROM (${labels}) found JOIN waiting USING (place)`;
    const whole = withLabels(all, byId, columns, table.columns, places);
    await duck.run(`COPY (${whole}) TO ${literal(draft)} ${PART_FORMAT}`);
    kept = await keepFormer(path, draft);
  }
  const { rows: found, bytes } = await footerOf(duck, draft);
  if (found !== part.rows) {
    throw new Error(
      `${part.table} of ${part.date}: ${found} rows with labels, ${part.rows} without`,
    );
  }
  return { draft, path, part: { ...part, shape, bytes }, ...kept };
};
