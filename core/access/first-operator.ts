import { DomainError } from '../shared/domain-error';
import type { RecordStore } from '../shared/record-store';
import type { Operator } from './access-types';
import { FIRST_OPERATOR, newOperatorRow, type OperatorNeeds } from './create-operator';
import { credentialRecords } from './credential-records';
import type { KeptCredentials } from './kept-credentials';
import { toOperator } from './operator-records';
import { OPERATOR_TOKEN_PATTERN } from './tokens';

interface Needs extends Omit<OperatorNeeds, 'newId'> {
  readonly records: RecordStore;
  readonly kept: Pick<KeptCredentials, 'operatorToken' | 'keepOperatorToken'>;
}

/**
 * Sees at each start that the first operator, an admin with `data`, has a token that is kept and
 * opens: the one that was set from outside (`TIDEGATE_OPERATOR_TOKEN`), or the one that is kept, or a
 * new one. Answers the operator, or null when admins removed it and nobody set a token.
 * @throws `bad-request` when the token from outside is not one
 */
export const ensureFirstOperator =
  ({ records, operators, kept, digest, newToken, now, forget }: Needs) =>
  async (setToken: string | undefined): Promise<Operator | null> => {
    // Set to nothing is how some launchers say that it is not set.
    const fromOutside = setToken === '' ? undefined : setToken;
    if (fromOutside !== undefined && !OPERATOR_TOKEN_PATTERN.test(fromOutside)) {
      throw new DomainError(
        'bad-request',
        'TIDEGATE_OPERATOR_TOKEN must be tgo- and 16 to 252 letters and digits',
      );
    }
    const keptToken = await kept.operatorToken();
    const given = fromOutside ?? keptToken;
    const holder =
      given === null ? undefined : await holderOf({ records, operators }, digest(given));
    if (given !== null && holder) {
      if (given !== keptToken) await kept.keepOperatorToken(given);
      return holder;
    }

    const first = await operators.find(FIRST_OPERATOR);
    if (!first && fromOutside === undefined && (await operators.admins()).length > 0) return null;
    // A kept token that opens nothing was replaced once: it must not open again.
    const token = fromOutside ?? newToken('tgo-');
    const at = now().toISOString();
    const is = first
      ? await operators.replaceDigest(first, digest(token), at)
      : await operators.add(newOperatorRow(ADMIN, 'platform', digest(token), at));
    forget();
    await kept.keepOperatorToken(token);
    return toOperator(is);
  };

const holderOf = async (
  { records, operators }: Pick<Needs, 'records' | 'operators'>,
  digest: string,
): Promise<Operator | undefined> => {
  const credential = await credentialRecords(records).find(digest);
  const holder = credential?.kind === 'operator' && (await operators.find(credential.id));
  return holder ? toOperator(holder) : undefined;
};

const ADMIN: Operator = { id: FIRST_OPERATOR, name: FIRST_OPERATOR, role: 'admin', data: true };
