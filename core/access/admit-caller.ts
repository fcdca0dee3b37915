import { DomainError } from '../shared/domain-error';
import type { RecordStore } from '../shared/record-store';
import type { Operator, OperatorRole } from './access-types';
import { credentialRecords } from './credential-records';
import { SESSION_LASTS_S } from './sessions';
import type { NewToken } from './tokens';

interface Needs {
  readonly records: RecordStore;
  readonly digest: (text: string) => string;
  readonly newToken: NewToken;
  readonly now: () => Date;
}

/** An operator's token that ends by itself. */
export interface PassingToken {
  readonly operator: Operator;
  readonly token: string;
  readonly expires_at: string;
}

const MAX_NAME = 64;

/**
 * Gives somebody whom AWS knows a token for 12 hours. Who may have which role is decided by IAM,
 * before this is asked; the name is the caller's, as it stands in the account's own logs.
 * @throws `forbidden` for a name that is no caller's
 */
export const admitCaller =
  ({ records, digest, newToken, now }: Needs) =>
  async (arn: string, role: OperatorRole): Promise<PassingToken> => {
    const name = nameOf(arn);
    const operator: Operator = { id: `iam/${name}`, name, role, data: role === 'admin' };
    const token = newToken('tgo-');
    const expiresAt = new Date(now().getTime() + SESSION_LASTS_S * 1000);
    const expires_at = expiresAt.toISOString();
    const row = { kind: 'pass', operator, expires_at } as const;
    await records.transact([credentialRecords(records).adding(digest(token), row, expiresAt)]);
    return { operator, token, expires_at };
  };

/** `arn:aws:sts::123456789012:assumed-role/Deployer/jane` is `Deployer/jane`. */
const nameOf = (arn: string): string => {
  const name =
    /^arn:[^:]*:(?:iam|sts)::\d{12}:(?:assumed-role\/|user\/|federated-user\/)?(.+)$/.exec(
      arn,
    )?.[1];
  if (name === undefined) throw new DomainError('forbidden', 'AWS does not say who is asking');
  return name.slice(-MAX_NAME);
};
