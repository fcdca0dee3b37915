import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductionVariantSummary } from '@aws-sdk/client-sagemaker';
import { AwsError } from './aws-error';
import type { EventFeed } from './event-feed';
import type { Fleet } from './fleet';

type Status = 'Creating' | 'InService' | 'Updating' | 'Failed' | 'Deleting';

export interface Endpoint {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  status: Status;
  modified: number;
  config: string;
  /** Null until it has served. */
  variants: readonly ProductionVariantSummary[] | null;
  failure: string | undefined;
  /** What serves. */
  fleet: Fleet | null;
  /** What shall serve next. */
  next: Fleet | null;
}

interface Needs {
  readonly feed: EventFeed;
  /** How long every change takes at least, in milliseconds, so that it can be seen. */
  readonly settleMs: number;
}

/** The lives of endpoints: their status, and when their containers begin and end. */
export const endpointLives = ({ feed, settleMs }: Needs) => {
  const enter = (endpoint: Endpoint, status: Status): void => {
    endpoint.status = status;
    endpoint.modified = Date.now();
    feed.tell({ arn: endpoint.arn, detail: detailOf(endpoint) });
  };

  /** Brings up a new fleet; `over` puts it in charge. One that does not come up leaves what served before. */
  const roll = async (endpoint: Endpoint, fleet: Fleet, over: () => void): Promise<void> => {
    endpoint.next = fleet;
    const isFirst = endpoint.fleet === null;
    enter(endpoint, isFirst ? 'Creating' : 'Updating');
    const outcomes = await Promise.allSettled([fleet.ready, sleep(settleMs)]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    endpoint.failure = failed && (failed.reason as Error).message;
    const past = failed ? fleet : endpoint.fleet;
    endpoint.next = null;
    if (!failed) {
      endpoint.fleet = fleet;
      over();
    }
    await past?.end();
    enter(endpoint, failed && isFirst ? 'Failed' : 'InService');
  };

  const reweigh = async (endpoint: Endpoint, over: () => void): Promise<void> => {
    enter(endpoint, 'Updating');
    await sleep(settleMs);
    over();
    enter(endpoint, 'InService');
  };

  const remove = async (endpoint: Endpoint, over: () => void): Promise<void> => {
    enter(endpoint, 'Deleting');
    await ended(endpoint);
    over();
  };
  return { roll, reweigh, remove };
};

/** Ends whatever an endpoint runs. */
export const ended = async ({ fleet, next }: Endpoint): Promise<void> => {
  await Promise.all([fleet?.end(), next?.end()]);
};

/** @throws while it is changing, as SageMaker does for updates and deletions */
export const requireStable = ({ status, arn }: Endpoint, allowed: readonly Status[]): void => {
  if (allowed.includes(status)) return;
  throw new AwsError(`Cannot update in-progress endpoint "${arn}".`);
};

const detailOf = (endpoint: Endpoint): Readonly<Record<string, unknown>> => ({
  EndpointName: endpoint.name,
  EndpointArn: endpoint.arn,
  EndpointConfigName: endpoint.config,
  EndpointStatus: endpoint.status === 'InService' ? 'IN_SERVICE' : endpoint.status.toUpperCase(),
  ProductionVariants: endpoint.variants,
  CreationTime: endpoint.created,
  LastModifiedTime: endpoint.modified,
  Tags: {},
});
