import type { RunCounts, TableRun } from '../../../core/tables/table-run';

/** What one piece of work of an execution came to. */
interface Report {
  /** The work's. */
  readonly kind?: string;
  readonly done?: Partial<RunCounts & { readonly labelled: number }>;
}

/** What an execution came to that succeeded, of its output. */
export const countsOf = (kind: TableRun['kind'], output: string): RunCounts => {
  const { reports = [] }: { reports?: readonly Report[] } = JSON.parse(output);
  const counted = reports.map(kind === 'erasure' ? erased : refreshed);
  const sum = (of: keyof RunCounts): number => counted.reduce((all, one) => all + one[of], 0);
  return {
    ...{ requests: sum('requests'), rows: sum('rows') },
    ...{ errors: sum('errors'), labels: sum('labels') },
  };
};

const NONE: RunCounts = { requests: 0, rows: 0, errors: 0, labels: 0 };

/** What was built before something could be erased does not count. */
const erased = ({ kind, done }: Report): RunCounts =>
  kind === 'erase' ? { ...NONE, ...done } : NONE;

const refreshed = ({ kind, done = {} }: Report): RunCounts => {
  const { rows = 0, errors = 0, labels = 0, labelled = 0 } = done;
  // Labels that have just arrived are counted by themselves, whether or not they found rows.
  return { requests: 0, rows, errors, labels: kind === 'labels-again' ? labelled : labels };
};
