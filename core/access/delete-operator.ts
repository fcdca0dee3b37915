import { DomainError } from '../shared/domain-error';
import { assertRevision, retryRaces } from '../shared/revisions';
import { FIRST_OPERATOR, type OperatorNeeds } from './create-operator';
import type { KeptCredentials } from './kept-credentials';
import { findOperator } from './rotate-operator';

interface Needs extends Pick<OperatorNeeds, 'operators' | 'forget'> {
  readonly kept: Pick<KeptCredentials, 'keepOperatorToken'>;
}

interface Deletion {
  readonly id: string;
  /** From `If-Match`. */
  readonly revision?: number | undefined;
}

/**
 * Removes an operator; its token and all its sessions end.
 * @throws `not-found`, `revision-conflict`; `in-use` when nobody could admit operators any more
 */
export const deleteOperator =
  ({ operators, forget, kept }: Needs) =>
  ({ id, revision }: Deletion): Promise<void> =>
    retryRaces(async (write) => {
      const operator = await findOperator(operators, id);
      assertRevision(operator, revision);
      if (!(await write(operators.remove(operator)))) {
        throw new DomainError('in-use', 'this is the last admin: make another one first');
      }
      forget();
      if (id === FIRST_OPERATOR) await kept.keepOperatorToken(null);
    });
