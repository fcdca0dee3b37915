import type { Compute } from '../../core/services/service';
import { DomainError } from '../../core/shared/domain-error';

/**
 * Refuses instance types that the stage does not allow; IAM would, too, but minutes later.
 * @throws `bad-request` with those that it allows
 */
export const assertAllowed =
  (allowed: readonly string[]) =>
  (compute: Compute): void => {
    if ('serverless' in compute || allowed.includes(compute.instances.type)) return;
    const message = `${compute.instances.type} is none of the instance types of this stage: ${allowed.join(', ')}`;
    throw new DomainError('bad-request', message);
  };
