import type { ModelVersion } from '../models/model-version';

/** Driver 550, CUDA 12.4: what our GPU image and current serving images are built on. */
const GPU_AMI = 'al2-ami-sagemaker-inference-gpu-3-1';
/** Images for GPUs are large, and so are their models. */
const GPU_START_S = 600;
const GPU_DOWNLOAD_S = 1_200;

/** `ml.g5.xlarge`, `ml.p4d.24xlarge`; not `ml.m7g.large`. */
const GPU = /^ml\.[gp]\d/;
/** `ml.m7g.large`, `ml.c6gn.xlarge`: the letter after the generation. */
const GRAVITON = /^ml\.[a-z]+\d+g[a-z]*\./;

/** What a production variant on this instance type needs besides its count. */
export const instanceSettings = (type: string): Readonly<Record<string, string | number>> =>
  GPU.test(type)
    ? {
        InferenceAmiVersion: GPU_AMI,
        ContainerStartupHealthCheckTimeoutInSeconds: GPU_START_S,
        ModelDataDownloadTimeoutInSeconds: GPU_DOWNLOAD_S,
      }
    : {};

/** Whether an instance type has Arm processors, which images for others do not start on. */
export const isGraviton = (type: string): boolean => GRAVITON.test(type);

/** No outgoing network for a graph that needs none; SageMaker refuses it for serverless. */
export const isIsolated = ({ runtime }: Pick<ModelVersion, 'runtime'>, serverless: boolean) =>
  runtime === 'onnx' && !serverless;
