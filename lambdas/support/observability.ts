import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { ReportBug } from '../../api/problem';

/** JSON lines; the level is the stage's (`POWERTOOLS_LOG_LEVEL`). */
export const logger = new Logger();
/** Metrics in log lines (EMF), under `Tidegate`. */
export const metrics = new Metrics({ namespace: 'Tidegate' });
const tracer = new Tracer({ captureHTTPsRequests: false });

/** A fault of ours, logged once with its stack. */
export const report: ReportBug = (error, request_id) =>
  logger.error('internal error', {
    ...(request_id !== undefined && { request_id }),
    error: error instanceof Error ? error : new Error(String(error)),
  });

/** Says nothing where nothing was counted: Powertools would warn, in a line for each request. */
export const publishMetrics = (): void => {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
};

/** What every function has around it: log lines with the invocation's ids, a trace, metrics. */
export const observed = () => [
  injectLambdaContext(logger, { resetKeys: true }),
  captureLambdaHandler(tracer, { captureResponse: false }),
  { after: publishMetrics, onError: publishMetrics },
];
