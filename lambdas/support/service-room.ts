import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { sagemakerHost } from '../../adapters/aws/sagemaker-host/sagemaker-host';
import { clock, digest, newId, now } from '../../adapters/primitives';
import { keepFirstAnswers } from '../../core/models/keep-first-answers';
import { modelRecords } from '../../core/models/model-records';
import { deleteService, finishDeletions } from '../../core/services/delete-service';
import { reconcile } from '../../core/services/reconcile';
import { serviceEvents } from '../../core/services/service-events';
import { sharedStatusEvents } from '../../core/services/status-events';
import { variable } from './environment';
import { openRuntime } from './host';
import { openLogs } from './logs';
import { manifestAdoption } from './manifest-adoption';
import { manifestInBucket } from './manifest-in-bucket';
import { report } from './observability';
import { oneHolder } from './one-holder';
import { patience } from './patience';
import { openAccess } from './stores';

/** After what could not be written down, and what another was at. */
const RETRY_MS = 200;

/** Services, their versions and their stacks, held together. */
export const openServiceRoom = () => {
  const { records, services, access } = openAccess();
  const models = modelRecords(records);
  const findModel = models.findVersion;
  const check = keepFirstAnswers({ models });
  const s3 = new S3Client(patience(5_000, 3));
  const host = sagemakerHost({
    cloudformation: new CloudFormationClient(patience(4_000, 2)),
    s3,
    sagemaker: new SageMakerClient(patience(4_000, 2)),
    runtime: openRuntime(),
    stage: variable('STAGE'),
    serviceRole: variable('SERVICE_ROLE_ARN'),
    templatesBucket: variable('TEMPLATES_BUCKET'),
    checkAnswers: ({ model, version }, answer) => check(model, version, answer),
    ...{ records, findModel, digest, clock },
    findByDigest: models.findByDigest,
  });
  const tell = (error: unknown): void => report(error, '');
  const events = serviceEvents({
    ...{ store: records, guard: services.guard, now, report: tell },
    pause: () => sleep(RETRY_MS),
  });
  const logs = openLogs(services);
  const statuses = sharedStatusEvents(records, events);
  const manifest = manifestAdoption({
    ...{ services, models, findModel, now, newId },
    deployed: manifestInBucket({ client: s3, bucket: variable('ARTIFACTS_BUCKET') }),
    planInForce: host.planInForce,
    alone: oneHolder({ store: records, now, pause: () => sleep(RETRY_MS) }),
    ensureKey: access.ensureKey,
  });
  const { prepare } = manifest;
  const reconciler = reconcile({
    ...{ services, findModel, host, events, statuses, prepare },
    report: tell,
  });
  const { changed, statesOf } = reconciler;
  const changing = { services, findModel, statesOf, now, newId, changed };
  const deletion = {
    ...changing,
    events,
    removeKeysOf: access.removeKeysOf,
    // What replicas have printed goes with the service's stack.
    logs,
    // What was captured expires by the bucket's own rule; there are no tables in this home yet.
    purge: async () => undefined,
  };
  return {
    ...{ access, services, host, events, logs, changing, changed, statesOf, manifest },
    sweep: reconciler.sweep,
    deleteService: deleteService(deletion),
    finishDeletions: finishDeletions(deletion),
  };
};
