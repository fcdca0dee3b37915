import { clock, digest, now } from '../../adapters/primitives';
import { credentialRecords } from '../../core/access/credential-records';
import { keyRecords } from '../../core/access/key-records';
import { openCredential } from '../../core/access/open-credential';
import { operatorRecords } from '../../core/access/operator-records';
import { serviceAuthenticator } from '../../core/access/service-authenticator';
import type { RecordStore } from '../../core/shared/record-store';
import { openedBefore } from './opened-before';

/** Who may call services. When a key was used is written down by the function behind. */
export const serviceCallers = (records: RecordStore) =>
  serviceAuthenticator({
    open: openedBefore({
      open: openCredential({
        credentials: credentialRecords(records),
        keys: keyRecords(records),
        operators: operatorRecords(records),
      }),
      clock,
    }),
    uses: { touch: () => undefined },
    digest,
    now,
  });
