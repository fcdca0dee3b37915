import type { PlatformLog } from '../../adapters/embedded/platform-log';
import type { StepReport } from '../../adapters/embedded/tables/table-builder';
import type { ServiceEvents } from '../../core/services/service-events';
import { tellFindings } from '../../core/tables/tell-findings';

/** Says of a step what is not as it should be: in the platform's log, and as events of the services. */
export const tellBuilt = (log: PlatformLog, events: Pick<ServiceEvents, 'happened'>) => {
  const tell = tellFindings({ events, warn: (message) => log({ level: 'warning', message }) });
  return ({ malformed, services }: StepReport): void => {
    if (malformed > 0) {
      log({ level: 'error', message: `log-malformed: ${malformed} lines are no records` });
    }
    for (const [service, counts] of Object.entries(services)) tell(service, counts);
  };
};
