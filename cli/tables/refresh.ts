import type { Moment } from '../option-values';
import type { Session } from '../session';
import { count } from '../terminal/numbers';
import { runToEnd } from './follow-run';

interface RefreshOptions {
  readonly since?: Moment;
  readonly until?: Moment;
}

interface Refreshed {
  readonly rows: number;
  readonly errors: number;
  readonly labels: number;
}

/** Has all that was captured until now brought into a service's tables, and waits until it is there. */
export const refreshTables = async (
  session: Session,
  service: string,
  { since, until }: RefreshOptions,
): Promise<void> => {
  const now = session.environment.now();
  const body = { ...(since && { from: since(now) }), ...(until && { to: until(now) }) };
  const report = await runToEnd<Refreshed>(session, {
    ...{ service, doing: 'the tables are built' },
    begin: (patience) =>
      session.call('POST /api/services/{service}/tables/refresh', {
        ...{ path: { service }, body, ...patience },
      }),
    answerOf: ({ run_id, rows, errors, labels }) => ({
      ...{ run_id, status: 'succeeded' as const, rows, errors, labels },
    }),
  });
  await session.answer(report, () => session.print(refreshText(report)));
};

/** What a refresh brought, for people. */
export const refreshText = ({ rows, errors, labels }: Refreshed): string =>
  `${count(rows)} rows, ${count(errors)} errors and ${count(labels)} labels came in`;
