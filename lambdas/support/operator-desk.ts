import { digest, newId, now } from '../../adapters/primitives';
import { auditLog } from '../../core/access/audit-log';
import { authenticateOperator } from '../../core/access/authenticate-operator';
import { credentialRecords } from '../../core/access/credential-records';
import { keyRecords } from '../../core/access/key-records';
import { openCredential } from '../../core/access/open-credential';
import { operatorRecords } from '../../core/access/operator-records';
import type { RecordStore } from '../../core/shared/record-store';

/** Who uses the control API, and what is written down of it, for what changes no credential. */
export const operatorDesk = (records: RecordStore) => ({
  authenticateOperator: authenticateOperator({
    open: openCredential({
      credentials: credentialRecords(records),
      keys: keyRecords(records),
      operators: operatorRecords(records),
    }),
    ...{ digest, now },
  }),
  audit: auditLog({ records, newId, now }),
});
