import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { dynamoRecordStore } from '../../adapters/aws/dynamo-record-store';
import { secretsManager } from '../../adapters/aws/secrets-manager';
import { clock, digest, newId, now, randomBytes } from '../../adapters/primitives';
import { access } from '../../core/access/access';
import { serviceRecords } from '../../core/services/service-records';
import { calmReads } from './calm-reads';
import { variable } from './environment';
import { keptInSecrets } from './kept-in-secrets';
import { oneHolder } from './one-holder';
import { patience } from './patience';
import { pause } from './pause';
import { unanswered } from './unanswered';

const recordsIn = (db: DynamoDBClient) =>
  dynamoRecordStore({ db, table: variable('RECORDS_TABLE'), now });

/** The records of the installation. */
export const openRecords = () => recordsIn(new DynamoDBClient(patience(1_000, 3)));

/** The same for what callers wait for, and which can go on from what it knows. */
export const openServingRecords = () =>
  calmReads({
    store: recordsIn(new DynamoDBClient(patience(1_000, 2))),
    clock,
    failureOf: unanswered('its records'),
  });

/** The installation's secrets. */
export const openSecrets = () =>
  secretsManager({
    client: new SecretsManagerClient(patience(2_000, 2)),
    prefix: variable('SECRETS_PREFIX'),
  });

/** Everything about who may do what, and the services it is about. */
export const openAccess = () => {
  const records = openRecords();
  const secrets = openSecrets();
  const services = serviceRecords(records);
  const kept = keptInSecrets({ secrets, alone: oneHolder({ store: records, now, pause }) });
  const needs = { records, kept, guard: services.guard, digest, randomBytes, newId, now };
  return { records, secrets, services, access: access(needs) };
};
