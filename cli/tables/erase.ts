import { CliError } from '../cli-error';
import type { Session } from '../session';
import { confirm } from '../terminal/confirm';
import { count } from '../terminal/numbers';
import { runToEnd } from './follow-run';

export interface EraseOptions {
  readonly requestId?: readonly string[];
  readonly clientRequestId?: readonly string[];
  readonly column?: string;
  readonly value?: string;
  readonly yes?: boolean;
}

interface Erased {
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  readonly labels: number;
}

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
  const report = await runToEnd<Erased>(session, {
    ...{ service, doing: 'the tables are written anew' },
    begin: (patience) =>
      session.call('POST /api/services/{service}/erasures', {
        ...{ path: { service }, body, ...patience },
      }),
    answerOf: ({ run_id, requests, rows, errors, labels }) => ({
      ...{ erasure_id: run_id, requests, rows, errors, labels },
    }),
  });
  await session.answer(report, () => session.print(erasureText(report)));
};

/** What an erasure took out, for people. */
export const erasureText = ({ requests, rows, errors, labels }: Erased): string =>
  `${count(requests)} requests went, with ${count(rows)} rows, ${count(errors)} errors and ${count(labels)} labels`;
