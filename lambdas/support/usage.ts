import type { UsageOf } from '../../adapters/aws/sagemaker-host/instance-usage';
import { report } from './observability';
import { once } from './once';

/** What instances use; what CloudWatch does not tell is not known, and no reason to fail. */
export const openUsage = (): UsageOf => {
  // Read when it is asked for: few requests are about instances.
  const opened = once(async () => (await import('./usage-reader')).openUsageReader());
  return async (versions) => {
    if (versions.length === 0) return new Map();
    try {
      return await (await opened())(versions);
    } catch (error) {
      report(error, '');
      return new Map();
    }
  };
};
