import { Metrics } from '@aws-lambda-powertools/metrics';

/** Metrics in log lines (EMF), under `Tidegate`. */
export const metrics = new Metrics({ namespace: 'Tidegate' });

/** Says nothing where nothing was counted: Powertools would warn, in a line for each request. */
export const publishMetrics = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};
