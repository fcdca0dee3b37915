import { CliError } from '../cli-error';
import type { Session } from '../session';
import { confirm } from '../terminal/confirm';
import { count } from '../terminal/numbers';

export interface EraseOptions {
  readonly requestId?: readonly string[];
  readonly clientRequestId?: readonly string[];
  readonly column?: string;
  readonly value?: string;
  readonly yes?: boolean;
}

const ERASE_MS = 600_000;

/** Takes whole requests out of everything that was captured of a service. */
export const eraseData = async (
  session: Session,
  service: string,
  { requestId, clientRequestId, column, value, yes = false }: EraseOptions,
): Promise<void> => {
  const ways = [
    ...(requestId ? [{ request_ids: [...requestId] }] : []),
    ...(clientRequestId ? [{ client_request_ids: [...clientRequestId] }] : []),
    ...(column !== undefined && value !== undefined ? [{ column, value }] : []),
  ];
  const [body, ...others] = ways;
  if (!body || others.length > 0 || (column === undefined) !== (value === undefined)) {
    const message = 'give --request-id, --client-request-id, or --column with --value';
    throw new CliError(message, { exitCode: 2 });
  }
  await confirm(session.environment, `Take these requests of ${service} out, for good?`, yes);
  const progress = session.progress();
  progress.update('the tables are written anew');
  const report = await session
    .call('POST /api/services/{service}/erasures', { path: { service }, body, timeoutMs: ERASE_MS })
    .finally(progress.done);
  await session.answer(report, ({ requests, rows, errors, labels }) =>
    session.print(
      `${count(requests)} requests went, with ${count(rows)} rows, ${count(errors)} errors and ${count(labels)} labels`,
    ),
  );
};
