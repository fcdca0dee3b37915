import { LambdaClient } from '@aws-sdk/client-lambda';
import { lambdaIntake } from '../adapters/aws/lambda-intake';
import { now } from '../adapters/primitives';
import { controlApi } from '../api/control';
import { modelEndpoints } from '../api/models/endpoints';
import { deleteModelVersion } from '../core/models/delete-model-version';
import { modelRecords } from '../core/models/model-records';
import { registerThrough } from '../core/models/register-version';
import { modelUser } from '../core/services/model-user';
import { controlHandler } from './support/control-handler';
import { variable } from './support/environment';
import { report } from './support/observability';
import { patience } from './support/patience';
import { openAccess } from './support/stores';

/** A little longer than `intake` may take, and shorter than who waits for an answer. */
const INTAKE_MS = 27_000;

const { records, services, access } = openAccess();
const models = modelRecords(records);
const intake = lambdaIntake({
  client: new LambdaClient(patience(INTAKE_MS, 1)),
  target: variable('INTAKE_FUNCTION'),
});

/** Models and their versions. Packages themselves are the function `intake`'s. */
export const handler = controlHandler({
  control: controlApi({
    endpoints: modelEndpoints({
      models,
      registerVersion: registerThrough({ models, intake, now }),
      deleteModelVersion: deleteModelVersion({
        models,
        artifacts: intake,
        usedBy: modelUser({ services }),
      }),
      createUpload: intake.createUpload,
    }),
    authenticateOperator: access.authenticateOperator,
    audit: access.audit,
    report,
  }),
});
