import type { VersionPlan } from '../inference/model-host';
import type { ModelVersion } from '../models/model-version';
import { DomainError } from '../shared/domain-error';

/** Driver 550, CUDA 12.4: what our GPU image and current serving images are built on. */
const GPU_AMI = 'al2-ami-sagemaker-inference-gpu-3-1';
/** Driver 580, CUDA 13.0, which also runs what was built for CUDA 12: Blackwell needs 570 at least. */
const BLACKWELL_AMI = 'al2023-ami-sagemaker-inference-gpu-4-1';
/** Images for GPUs are large, and so are their models; others install what they need when they start. */
const LONG_START_S = 600;
const LONG_DOWNLOAD_S = 1_200;

/** `ml.g5.xlarge`, `ml.p4d.24xlarge`; not `ml.m7g.large`. */
const GPU = /^ml\.[gp]\d/;
/** `ml.g7.2xlarge`, `ml.g7e.2xlarge`, `ml.p6-b200.48xlarge`, and what comes after them. */
const BLACKWELL = /^ml\.(g([7-9]|\d\d)|p([6-9]|\d\d))\D/;
/** `ml.m7g.large`, `ml.c6gn.xlarge`: the letter after the generation. */
const GRAVITON = /^ml\.[a-z]+\d+g[a-z]*\./;

/** What a production variant on this instance type needs besides its count, with our image or another. */
export const instanceSettings = (
  type: string,
  hasOwnImage: boolean,
): Readonly<Record<string, string | number>> => ({
  ...(GPU.test(type) && { InferenceAmiVersion: BLACKWELL.test(type) ? BLACKWELL_AMI : GPU_AMI }),
  ...((GPU.test(type) || hasOwnImage) && {
    ContainerStartupHealthCheckTimeoutInSeconds: LONG_START_S,
    ModelDataDownloadTimeoutInSeconds: LONG_DOWNLOAD_S,
  }),
});

/** Whether a version runs in our own model server on a GPU, for which the server has another image. */
export const needsGpuImage = ({
  model,
  compute,
}: {
  readonly model: Pick<ModelVersion, 'container'>;
  readonly compute: VersionPlan['compute'];
}): boolean => !model.container && 'instances' in compute && GPU.test(compute.instances.type);

/** Says that a stage has no such image, and what to do. */
export const noGpuImage = (): DomainError =>
  new DomainError(
    'bad-request',
    'this stage has no image of the model server for GPUs: take another instance type, or deploy the stage with gpu: true',
  );

/** Whether an instance type has Arm processors, which images for others do not start on. */
export const isGraviton = (type: string): boolean => GRAVITON.test(type);

/** No outgoing network for a graph that needs none; SageMaker refuses it for serverless. */
export const isIsolated = ({ runtime }: Pick<ModelVersion, 'runtime'>, serverless: boolean) =>
  runtime === 'onnx' && !serverless;
