import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { versionChooser } from '../../../../core/inference/choose-version';
import { serviceDirectory } from '../../../../core/inference/service-directory';
import { checkExpected } from '../../../../core/models/expected-answers';
import type { ModelVersion } from '../../../../core/models/model-version';
import type { Service } from '../../../../core/services/service';
import { platformText } from '../../../../core/services/service-template-platform';
import type { RecordStore } from '../../../../core/shared/record-store';
import { startEmulator } from '../../../../infra-tests/aws/emulator/start';
import { sumModel } from '../../../embedded/local-host-fixture';
import { sqliteRecordStore } from '../../../embedded/sqlite-record-store';
import { clock, digest, now } from '../../../primitives';
import { packagePrefix } from '../../s3-artifact-store';
import { sagemakerHost } from '../sagemaker-host';
import { servingHost, thenWhatRuns } from '../serving-host';
import {
  ARTIFACTS_BUCKET,
  CREDENTIALS_FUNCTION,
  IMAGE,
  PRIVATE_REGISTRY,
  platformTemplate,
  SERVICE_ROLE,
} from './platform-template';

/** Images of the model server: one answers otherwise, the other never. */
export const WRONG_IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:wrong';
export const SICK_IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:sick';
const SETTLES_WITHIN_MS = 30_000;

interface HostOptions {
  /** What the stage has as the image of the model server. */
  readonly image?: string;
  readonly drainMs?: number;
  readonly store?: RecordStore;
}

/** An emulator with what service stacks need of the platform, and a host on it. Close it. */
export const openHost = async (python: string) => {
  const command = [process.execPath, join(__dirname, '../fixtures/scoring.mjs')];
  const images = { [WRONG_IMAGE]: [...command, 'wrong'], [SICK_IMAGE]: [...command, 'sick'] };
  const emulator = await startEmulator({ python, command, images, pingWithinMs: 5_000 });
  const clients = {
    cloudformation: new CloudFormationClient(emulator.clientOf()),
    s3: new S3Client(emulator.clientOf()),
    sagemaker: new SageMakerClient(emulator.clientOf()),
    runtime: new SageMakerRuntimeClient({ ...emulator.clientOf(), maxAttempts: 1 }),
  };
  await deployPlatform(clients.cloudformation);
  const records = sqliteRecordStore(':memory:', { now });
  const models = new Map<string, ModelVersion>();
  const findModel = async (name: string, version: number) => models.get(`${name}/${version}`);
  const findByDigest = async (name: string, digest: string) =>
    [...models.values()].findLast((one) => one.model === name && one.digest === digest);
  const host = ({ image = IMAGE, drainMs = 0, store = records }: HostOptions = {}) =>
    sagemakerHost({
      ...clients,
      ...{ records: store, findModel, findByDigest, digest, now, drainMs },
      platform: platformText({ ServerImage: image }),
      registries: [{ registry: PRIVATE_REGISTRY, credentialsFunction: CREDENTIALS_FUNCTION }],
      ...{ stage: 'test', serviceRole: SERVICE_ROLE, templatesBucket: ARTIFACTS_BUCKET },
      checkAnswers: async ({ expected }, answer) =>
        expected ? checkExpected(expected, answer) : [],
    });

  return {
    ...{ emulator, clients, records, host: host() },
    /** The same, in another function. */
    another: host,
    /**
     * What a function for predictions has: what it knows of services, and through that of what runs.
     * `trafficOf` says what their records say.
     */
    serving(trafficOf: () => Service['traffic'] = () => ({ v1: 100 })) {
      const running = servingHost({ runtime: clients.runtime, records, findModel, now });
      const directory = serviceDirectory({
        findService: thenWhatRuns(
          async (name) => ({ name, traffic: trafficOf() }) as Service,
          running.renew,
        ),
        ...{ versionsOf: async () => [], findModel, clock, oldestMs: 10_000 },
      });
      const chooser = versionChooser({ isRunning: running.isRunning, random: Math.random, clock });
      return {
        invoke: running.invoke,
        ready: async (service: string): Promise<void> => void (await directory.find(service)),
        /** The version that gets the next request. @throws `unavailable` */
        async chosen(name: string): Promise<string> {
          const { service } = (await directory.find(name)) ?? {};
          if (!service) throw new Error(`there is no service ${name}`);
          return chooser.choose(service, null, null);
        },
      };
    },

    /** A model whose package lies in S3 and answers `factor` times the sum of a row. */
    async model(version: number, factor: number, answers?: number): Promise<ModelVersion> {
      const hash = createHash('sha256').update(`${version}/${factor}`).digest('hex');
      const Key = `${packagePrefix(`sha256:${hash}`)}factor.txt`;
      const put = new PutObjectCommand({ Bucket: ARTIFACTS_BUCKET, Key, Body: `${factor}` });
      await clients.s3.send(put);
      const made = sumModel(`sha256:${hash}`, {
        version,
        ...(answers !== undefined && {
          expected: {
            input: { columns: ['a', 'b'], data: [[1, 2]] },
            predictions: [answers],
            probabilities: null,
            origin: 'given',
          },
        }),
      });
      models.set(`${made.model}/${version}`, made);
      return made;
    },

    /** A model whose container ends at once: its package lacks what it reads. */
    async broken(): Promise<ModelVersion> {
      const made = sumModel(`sha256:${'0'.repeat(64)}`, { version: 99 });
      models.set(`${made.model}/${made.version}`, made);
      return made;
    },

    close: (): Promise<void> => {
      for (const client of Object.values(clients)) client.destroy();
      return emulator.stop();
    },
  };
};

export type OpenHost = Awaited<ReturnType<typeof openHost>>;

const StackName = 'tidegate-test-platform';

const deployPlatform = async (cloudformation: CloudFormationClient): Promise<void> => {
  const TemplateBody = JSON.stringify(platformTemplate());
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody }));
  await isDeployed(cloudformation, 'CREATE_COMPLETE');
};

/** Gives the stage another image of the model server. */
export const deployImage = async (
  cloudformation: CloudFormationClient,
  image: string,
): Promise<void> => {
  const TemplateBody = JSON.stringify(platformTemplate(image));
  await cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody }));
  await isDeployed(cloudformation, 'UPDATE_COMPLETE');
};

const isDeployed = (cloudformation: CloudFormationClient, status: string): Promise<void> =>
  until(async () => {
    const { Stacks = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const { StackStatus = '', StackStatusReason } = Stacks[0] ?? {};
    if (/ROLLBACK|FAILED/.test(StackStatus))
      throw new Error(`${StackStatus}: ${StackStatusReason}`);
    return StackStatus === status;
  });

/** Waits until something is so; `told` says what is instead, should it not become so. */
export const until = async (
  isSo: () => Promise<boolean>,
  told: () => Promise<string> = async () => isSo.toString(),
): Promise<void> => {
  for (const end = Date.now() + SETTLES_WITHIN_MS; !(await isSo()); await sleep(100)) {
    if (Date.now() > end) throw new Error(`still not so: ${await told()}`);
  }
};
