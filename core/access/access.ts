import type { RecordStore } from '../shared/record-store';
import { admitCaller } from './admit-caller';
import { auditLog } from './audit-log';
import { authenticateOperator } from './authenticate-operator';
import { createKey, type GuardService } from './create-key';
import { createOperator } from './create-operator';
import { credentialRecords } from './credential-records';
import { deleteOperator } from './delete-operator';
import { ensureKey } from './ensure-key';
import { ensureFirstOperator } from './first-operator';
import type { KeptCredentials } from './kept-credentials';
import { keyRecords } from './key-records';
import { keyUses } from './key-uses';
import { listKeys } from './list-keys';
import { openCredential } from './open-credential';
import { operatorRecords } from './operator-records';
import { removeKeysOf } from './remove-keys-of';
import { revokeKey } from './revoke-key';
import { rotateKey } from './rotate-key';
import { rotateOperator } from './rotate-operator';
import { serviceAuthenticator } from './service-authenticator';
import { sessions } from './sessions';
import { signInCodes } from './sign-in-codes';
import { newToken as tokens } from './tokens';

/** What all of access needs; `guard` keeps keys from outliving their service. */
export interface AccessNeeds {
  readonly records: RecordStore;
  readonly kept: KeptCredentials;
  readonly guard: GuardService;
  /** SHA-256, as text. */
  readonly digest: (text: string) => string;
  /** From the system's cryptographic generator. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly now: () => Date;
}

/**
 * Everything about who may do what, built once per process: whatever changes a credential makes the
 * one memory of credentials forget it.
 */
export const access = ({ records, kept, guard, digest, randomBytes, newId, now }: AccessNeeds) => {
  const keys = keyRecords(records);
  const operators = operatorRecords(records);
  const open = openCredential({ credentials: credentialRecords(records), keys, operators });
  const uses = keyUses({ keys });
  const services = serviceAuthenticator({ open, digest, now, uses });
  const newToken = tokens({ randomBytes });
  const codes = signInCodes({ now, newToken, digest });
  const { forget } = services;
  const given = { records, kept, guard, digest, newId, now };
  const needs = { ...given, keys, operators, codes, newToken, forget };

  return {
    /** For calls of services. */
    authenticate: services.authenticate,
    /** For the control API. */
    authenticateOperator: authenticateOperator({ open, digest, now }),
    audit: auditLog({ records, newId, now }),

    listKeys: listKeys(needs),
    createKey: createKey(needs),
    ensureKey: ensureKey(needs),
    rotateKey: rotateKey(needs),
    revokeKey: revokeKey(needs),
    removeKeysOf: removeKeysOf(needs),
    /** To be called about each minute and at the end. */
    flushKeyUses: uses.flush,

    listOperators: operators.list,
    createOperator: createOperator(needs),
    rotateOperator: rotateOperator(needs),
    deleteOperator: deleteOperator(needs),
    ensureFirstOperator: ensureFirstOperator(needs),

    issueSignInCode: codes.issue,
    admitCaller: admitCaller(needs),
    sessions: sessions(needs),
  };
};

/** Everything about who may do what. */
export type Access = ReturnType<typeof access>;
