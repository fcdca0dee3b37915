import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import type { ReportBug } from '../../api/problem';

/** JSON lines; the level is the stage's (`POWERTOOLS_LOG_LEVEL`). */
export const logger = new Logger();

/** A fault of ours, logged once with its stack. */
export const report: ReportBug = (error, request_id) =>
  logger.error('internal error', {
    ...(request_id !== undefined && { request_id }),
    error: error instanceof Error ? error : new Error(String(error)),
  });

/**
 * What every function has around it: log lines with the invocation's ids, that of its trace among
 * them. Where the stage traces, Lambda itself tells X-Ray of starts, invocations and failures; a
 * tracer in here would add no more than names, for 128 kB (decision 11).
 */
export const observed = () => injectLambdaContext(logger, { resetKeys: true });
