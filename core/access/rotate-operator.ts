import { DomainError } from '../shared/domain-error';
import { assertRevision, retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import { FIRST_OPERATOR, type OperatorNeeds, type OperatorWithToken } from './create-operator';
import type { KeptCredentials } from './kept-credentials';
import { type OperatorRecords, type OperatorRow, operatorView } from './operator-records';

interface Needs extends Omit<OperatorNeeds, 'newId'> {
  readonly kept: Pick<KeptCredentials, 'keepOperatorToken'>;
}

interface Rotation {
  readonly id: string;
  /** From `If-Match`. */
  readonly revision?: number | undefined;
}

/**
 * Gives an operator a new token; the old one and all its sessions end.
 * @throws `not-found`, `revision-conflict`
 */
export const rotateOperator =
  ({ operators, digest, newToken, now, forget, kept }: Needs) =>
  ({ id, revision }: Rotation): Promise<OperatorWithToken> =>
    retryRaces(async (write) => {
      const was = await findOperator(operators, id);
      assertRevision(was, revision);
      const token = newToken('tgo-');
      // First what may fail without a loss: a kept token that opens nothing is mended by a start.
      if (id === FIRST_OPERATOR) await kept.keepOperatorToken(token);
      const at = now().toISOString();
      const is = await write(operators.replaceDigest(was, digest(token), at));
      forget();
      return { ...operatorView(is), token };
    });

/** @throws `not-found` */
export const findOperator = async (
  operators: OperatorRecords,
  id: string,
): Promise<Stored<OperatorRow>> => {
  const found = await operators.find(id);
  if (!found) throw new DomainError('not-found', 'there is no operator of that id');
  return found;
};
