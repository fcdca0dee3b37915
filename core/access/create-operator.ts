import { DomainError } from '../shared/domain-error';
import { retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { Operator } from './access-types';
import {
  type OperatorRecords,
  type OperatorRow,
  type OperatorView,
  operatorView,
  toOperator,
} from './operator-records';
import type { NewToken } from './tokens';

/** What making and changing operators needs. */
export interface OperatorNeeds {
  readonly operators: OperatorRecords;
  readonly digest: (text: string) => string;
  readonly newToken: NewToken;
  readonly newId: () => string;
  readonly now: () => Date;
  /** Called when credentials changed: nothing that was remembered of them holds any more. */
  readonly forget: () => void;
}

/** An operator as one is asked for. */
export type NewOperator = Pick<Operator, 'name' | 'role' | 'data'> & {
  readonly created_by: string;
};

/** An operator with the token, which is shown this once. */
export type OperatorWithToken = Stored<OperatorView> & { readonly token: string };

/** The platform's own first operator has this id and name; nobody else does. */
export const FIRST_OPERATOR = 'admin';

/** Admits an operator. @throws `already-exists` when the name is taken */
export const createOperator =
  ({ operators, digest, newToken, newId, now, forget }: OperatorNeeds) =>
  (wanted: NewOperator): Promise<OperatorWithToken> =>
    retryRaces(async (write) => {
      const { name } = wanted;
      if (name === FIRST_OPERATOR || (await operators.isNameTaken(name))) {
        throw new DomainError('already-exists', `the name ${name} is taken: choose another one`);
      }
      const token = newToken('tgo-');
      const at = now().toISOString();
      const row = newOperatorRow({ id: newId(), ...wanted }, wanted.created_by, digest(token), at);
      const added = await write(operators.add(row));
      forget();
      return { ...operatorView(added), token };
    });

/** A row that is not yet written; `digest` is of the token. */
export const newOperatorRow = (
  operator: Operator,
  created_by: string,
  digest: string,
  at: string,
): OperatorRow => ({ ...toOperator(operator), created_by, created_at: at, updated_at: at, digest });
