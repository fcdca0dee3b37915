import { DomainError } from '../shared/domain-error';
import type { RecordStore } from '../shared/record-store';
import type { Operator } from './access-types';
import { credentialRecords } from './credential-records';
import { type OperatorRecords, toOperator } from './operator-records';
import type { SignInCodes } from './sign-in-codes';
import { isCredentialShaped, type NewToken } from './tokens';

interface Needs {
  readonly records: RecordStore;
  readonly operators: Pick<OperatorRecords, 'find'>;
  readonly codes: Pick<SignInCodes, 'redeem'>;
  readonly digest: (text: string) => string;
  readonly newToken: NewToken;
  readonly now: () => Date;
  /** Called when credentials changed: nothing that was remembered of them holds any more. */
  readonly forget: () => void;
}

/** Seconds. */
export const SESSION_LASTS_S = 12 * 3600;

interface NewSession {
  readonly operator: Operator;
  /** The session's text: it goes into the cookie and nowhere else. */
  readonly session: string;
  readonly expires_at: string;
}

/** Sessions of the console: begun with a one-time code, ended by signing out or after 12 hours. */
export const sessions = ({ records, operators, codes, digest, newToken, now, forget }: Needs) => {
  const credentials = credentialRecords(records);

  return {
    /** @throws `forbidden` when the code is unknown, used or too old */
    async begin(code: string): Promise<NewSession> {
      const id = codes.redeem(code);
      const operator = id === undefined ? undefined : await operators.find(id);
      if (!operator) {
        throw new DomainError(
          'forbidden',
          'this code was used, is older than 15 minutes or never was: start anew for another link',
        );
      }
      const session = newToken('tgs-');
      const expiresAt = new Date(now().getTime() + SESSION_LASTS_S * 1000);
      const expires_at = expiresAt.toISOString();
      const row = { kind: 'session', operator: operator.id, digest: operator.digest } as const;
      await records.transact([
        credentials.adding(digest(session), { ...row, expires_at }, expiresAt),
      ]);
      return { operator: toOperator(operator), session, expires_at };
    },

    /** Ends a session; one that is over, or no session at all, is no error. */
    async end(session: string): Promise<void> {
      if (!isCredentialShaped(session)) return;
      const key = digest(session);
      if ((await credentials.find(key))?.kind !== 'session') return;
      const [removal] = await credentials.removing([key]);
      if (removal) await records.transact([removal]);
      forget();
    },
  };
};
