import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ColumnType, OutputSignature } from '../../../core/models/signature';
import { type OutcomeType, withOutcomes } from '../../../core/tables/outcomes';
import {
  NO_COLUMNS,
  type ServiceTable,
  type VersionColumns,
  withVersion,
} from '../../../core/tables/service-table';
import { segmentFile } from '../capture-log/segments';
import type { Description } from './unpack-service';
import { recordLine } from './window-lines';

/** A UUIDv7 of a moment, its other digits from a number. */
export const idOf = (time: string, n: number): string => {
  const hex = Date.parse(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
};

type Line = Readonly<Record<string, unknown>>;

/** A line of the capture log; `over` says what is not usual about it. */
export const lineOf = (time: string, n: number, over: Line = {}): Line => ({
  request_id: idOf(time, n),
  request_time: time,
  request_date: time.slice(0, 10),
  client_request_id: null,
  service: 'wine',
  service_version: 'v1',
  model_name: 'wine',
  model_version: 1,
  requester: 'key-1',
  client_ip: null,
  role: 'primary',
  primary_request_id: null,
  split_key_hash: null,
  status_code: 200,
  error_type: null,
  execution_duration_ms: 1.5,
  model_duration_ms: 0.5,
  sampling_fraction: 1,
  request_format: 'dataframe_split',
  request_bytes: 10,
  response_bytes: 10,
  spill_uri: null,
  ...over,
});

/** What a request and its answer were, for `lineOf`. */
export const asked = (
  columns: readonly string[],
  data: readonly (readonly unknown[])[],
  predictions: readonly unknown[],
  more: Line = {},
): Line => ({
  row_count: data.length,
  request: { dataframe_split: { columns, data } },
  response: { predictions, ...more },
});

export const openFolders = () => {
  const root = mkdtempSync(join(tmpdir(), 'tidegate-tables-'));
  const log = join(root, 'capture');
  const folder = join(root, 'tables');
  mkdirSync(log);
  mkdirSync(folder);
  let sequence = 0;
  return {
    root,
    log,
    folder,
    /** Adds lines to the newest segment, or to a next one. */
    append(lines: readonly (Line | string)[], { next = false } = {}): void {
      if (next) sequence += 1;
      const text = lines.map((line) => (typeof line === 'string' ? line : recordLine(line)));
      const file = segmentFile(Date.parse('2026-11-20T10:00:00.000Z'), sequence);
      appendFileSync(join(log, file), text.map((line) => `${line}\n`).join(''));
    },
  };
};

/** What a model version takes and answers. */
export interface Taught {
  readonly model: string;
  readonly version: number;
  readonly inputs: Readonly<Record<string, ColumnType>>;
  readonly output?: OutputSignature;
  readonly hashed?: readonly string[];
  /** Outcomes with names that were told after it. */
  readonly outcomes?: Readonly<Record<string, OutcomeType>>;
}

/** The description of a service that had these versions, one after the other. */
export const descriptionOf = (versions: readonly Taught[]): Description => {
  const known = new Map<string, VersionColumns>();
  let table: ServiceTable = NO_COLUMNS;
  for (const { model, version, inputs, output, hashed = [], outcomes = {} } of versions) {
    const next = withVersion(
      table,
      {
        inputs: Object.entries(inputs).map(([name, type]) => ({ name, type, required: true })),
        output: output ?? { type: 'double', width: 1, classes: null },
      },
      new Set(hashed),
    );
    table = withOutcomes(next.table, new Map(Object.entries(outcomes)));
    known.set(`${model}/${version}`, next.version);
  }
  return { table, version: async (model, version) => known.get(`${model}/${version}`) };
};
