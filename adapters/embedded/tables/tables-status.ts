import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import type { TablesStatus } from '../../../core/tables/table-run';
import { ifThere } from '../if-there';
import { batchesIn } from './label-build';
import { nextWindow } from './log-window';
import type { TableState } from './table-state';

interface Needs {
  readonly state: Pick<TableState, 'position' | 'hasBatch' | 'builtAt'>;
  /** Where the capture log is. */
  readonly log: string;
  /** Where batches of labels arrive. */
  readonly labels: string;
}

/** What is looked through of the log: a builder that keeps up leaves far less. */
const LOOK_BYTES = 16 << 20;

/** How far a service's tables are behind; it waits for no build. */
export const tablesStatus =
  ({ state, log, labels }: Needs) =>
  async (service: string): Promise<TablesStatus> => {
    const [captured, labelled] = await Promise.all([
      firstCaptured(state, log, service),
      firstLabelled(state, labels, service),
    ]);
    const built = [tableNameOf(service), errorsTableNameOf(service)].map(state.builtAt);
    return {
      waiting_since: inOrder(captured, labelled)[0] ?? null,
      built_at: inOrder(...built).at(-1) ?? null,
    };
  };

/** Times that there are, the first one first: as text they are in order. */
const inOrder = (...times: readonly (string | null | undefined)[]): readonly string[] =>
  times.flatMap((time) => time ?? []).toSorted((one, other) => (one < other ? -1 : 1));

/** When the first request of a service came that is not in the tables. */
const firstCaptured = async (
  state: Needs['state'],
  log: string,
  service: string,
): Promise<string | null> => {
  const window = nextWindow(log, state.position(), LOOK_BYTES);
  let last: string | null = null;
  for (const { path, from, to } of window?.pieces ?? []) {
    for await (const line of linesIn(path, from, to)) {
      // Bodies stand at the end; in what stands before them no quote is a text's own.
      const [head = ''] = line.split(',"request":', 1);
      const [, time] = /"request_time":"([^"]+)"/.exec(head) ?? [];
      if (time === undefined) continue;
      if (head.includes(`"service":"${service}"`)) return time;
      last = time;
    }
  }
  // What comes behind this much is not looked for: it is no older.
  return window?.more ? last : null;
};

/** When the first labels of a service came that are not in the tables. */
const firstLabelled = async (
  state: Needs['state'],
  labels: string,
  service: string,
): Promise<string | null> => {
  const fresh = batchesIn(labels).filter(({ id }) => !state.hasBatch(id));
  const times = await Promise.all(fresh.map(({ path }) => ifThere(arrivalIn(path, service))));
  return inOrder(...times)[0] ?? null;
};

/** When a batch came, if it is this service's. */
const arrivalIn = async (path: string, service: string): Promise<string | null> => {
  const { mtime, size } = await stat(path);
  const { value = '' } = await linesIn(path, 0, size).next();
  return value.startsWith(`{"service":"${service}"`) ? mtime.toISOString() : null;
};

async function* linesIn(path: string, from: number, to: number): AsyncGenerator<string> {
  let rest = '';
  const end = Math.max(to - 1, from);
  for await (const chunk of createReadStream(path, { start: from, end, encoding: 'utf8' })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
