import { DomainError } from '../../core/shared/domain-error';
import type { Label } from '../../core/tables/label';
import { outcomesOf } from '../../core/tables/outcomes';
import type { PushedLabels } from '../../core/tables/push-labels';
import type { TableRecords } from '../../core/tables/table-records';
import { predictionType } from '../inference/content-type';
import type { Admitted, EdgeAnswer } from '../inference/edge';
import { problemAnswer } from '../inference/serve';
import { type ReportBug, toProblem } from '../problem';
import { readLabels } from './read-labels';

interface Needs {
  readonly tables: Pick<TableRecords, 'find' | 'ensureOutcomes'>;
  readonly push: (service: string, labels: readonly Label[]) => Promise<PushedLabels>;
  readonly report: ReportBug;
}

/** Answers `POST /services/{service}/labels`: 202 once the labels outlast a crash. */
export const serveLabels = ({ tables, push, report }: Needs) => {
  const take = async ({ service, headers }: Admitted, body: Uint8Array): Promise<EdgeAnswer> => {
    const type = predictionType(headers);
    const columns = (await tables.find(service))?.columns ?? [];
    const predicted = columns.filter(({ kind }) => kind === 'label').map((column) => column.type);
    if (predicted.length === 0) {
      throw new DomainError('not-running', `${service} has no version yet: there is no prediction`);
    }
    const known = new Map(outcomesOf(columns).map((outcome) => [outcome.name, outcome.type]));
    const { labels, outcomes } = readLabels(body, type, { predicted, outcomes: known });
    // Before the labels, so that a build which finds these finds where they go.
    if ([...outcomes.keys()].some((name) => !known.has(name))) {
      await tables.ensureOutcomes(service, outcomes);
    }
    const pushed = await push(service, labels);
    return {
      status: 202,
      contentType: 'application/json',
      body: JSON.stringify(pushed),
      headers: [],
      modelMs: null,
    };
  };

  return (admitted: Admitted, body: Uint8Array): Promise<EdgeAnswer> =>
    take(admitted, body).catch((error: unknown) =>
      problemAnswer(toProblem(error, admitted.requestId, report)),
    );
};
