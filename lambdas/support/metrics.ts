import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Counted } from './capture-counts';
import { variable } from './environment';

const settings = {
  namespace: 'Tidegate',
  // Two stages in one account are two sets of metrics.
  defaultDimensions: { stage: variable('STAGE') },
};

/** Metrics in log lines (EMF), under `Tidegate`. */
export const metrics = new Metrics(settings);

/** Says nothing where nothing was counted: Powertools would warn, in a line for each request. */
export const publishMetrics = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};

/**
 * Says how many requests were answered and how many of them captured: of a service in its minute, under
 * the dimension `of_service`, and of the platform, for the alarm. Captured ÷ answered is
 * `capture_completeness`.
 */
export const publishCounted = ({ service, minute, answered, lost }: Counted): void => {
  const ofService = new Metrics(settings);
  ofService.setTimestamp(minute);
  ofService.addDimension('of_service', service);
  for (const target of [ofService, metrics]) {
    target.addMetric('Answered', MetricUnit.Count, answered);
    target.addMetric('Captured', MetricUnit.Count, answered - lost);
  }
  ofService.publishStoredMetrics();
};
