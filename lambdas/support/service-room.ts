import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { sagemakerHost } from '../../adapters/aws/sagemaker-host/sagemaker-host';
import { whyNot } from '../../adapters/aws/sagemaker-host/why-not';
import { digest, newId, now } from '../../adapters/primitives';
import type { ServicePlan } from '../../core/inference/model-host';
import { keepFirstAnswers } from '../../core/models/keep-first-answers';
import { finishDeletions } from '../../core/services/delete-service';
import { reconcile } from '../../core/services/reconcile';
import { sharedStatusEvents } from '../../core/services/status-events';
import { answerStack } from './answer-stack';
import { variable } from './environment';
import { openRuntime } from './host';
import { manifestAdoption } from './manifest-adoption';
import { manifestInBucket } from './manifest-in-bucket';
import { report } from './observability';
import { oneHolder } from './one-holder';
import { patience } from './patience';
import { pause } from './pause';
import { privateRegistries } from './private-registries';
import { openServices } from './services';
import { waitingDeployment } from './waiting-deployment';

/** What brings services to what is wanted: the one place that touches stacks and endpoints. */
export const openServiceRoom = () => {
  const { records, services, access, models, events, changing, deleting } = openServices();
  const { findModel } = changing;
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
    registries: privateRegistries,
    checkAnswers: ({ model, version }, answer) => check(model, version, answer),
    ...{ records, findModel, digest, now, platform: variable('PLATFORM') },
    findByDigest: models.findByDigest,
  });
  const tell = (error: unknown): void => report(error, '');
  const statuses = sharedStatusEvents(records, events);
  const manifest = manifestAdoption({
    ...{ services, models, findModel, now, newId },
    deployed: manifestInBucket({ client: s3, bucket: variable('ARTIFACTS_BUCKET') }),
    planInForce: host.planInForce,
    alone: oneHolder({ store: records, now, pause }),
    ensureKey: access.ensureKey,
  });
  const { prepare } = manifest;
  /** When each service's plan was applied last, by this function. */
  const appliedAt = new Map<string, number>();
  const noting = {
    ...host,
    async apply(plan: ServicePlan) {
      await host.apply(plan);
      appliedAt.set(plan.service, now().getTime());
    },
  };
  const reconciler = reconcile({
    ...{ services, findModel, host: noting, events, statuses, prepare },
    ...{ report: tell, whyNot },
  });
  const { changed, sweep } = reconciler;
  const deployment = waitingDeployment({
    ...{ store: records, now, names: manifest.services, outcome: host.outcome },
    runs: async (service) => (await services.find(service))?.wanted === 'running',
    isApplied: async (service, since) =>
      (appliedAt.get(service) ?? 0) >= since && manifest.isTaken(service),
    answer: answerStack,
  });
  return {
    ...{ services, host, events, manifest, deployment, changed, sweep },
    finishDeletions: finishDeletions({ ...deleting, changed }),
  };
};
