import { isNoAnswer, isThrottled } from '../../adapters/aws/no-answer';
import { DomainError } from '../../core/shared/domain-error';
import { logger } from './observability';

/**
 * What a caller is told while AWS is throttled, fails or is out of reach: to try again. Why is logged.
 * Any other error, such as a right that is missing, stays what it is.
 */
export const unanswered =
  (what: string, deed = 'read') =>
  (error: unknown): unknown => {
    if (!isNoAnswer(error) && !isThrottled(error)) return error;
    logger.error(`the platform cannot ${deed} ${what}`, { error: error as Error });
    const message = `the platform cannot ${deed} ${what} at the moment: try again`;
    return new DomainError('unavailable', message, { cause: error, retryAfterS: 1 });
  };
