import type { PlatformLog } from '../../adapters/embedded/platform-log';
import type { ServiceCounts, StepReport } from '../../adapters/embedded/tables/table-builder';
import type { ServiceEvents } from '../../core/services/service-events';

const TOLD = {
  errors: {
    type: 'rows-not-unpacked',
    message: 'answered requests came to no rows: see the reasons in the service’s table of errors',
  },
  ambiguous: {
    type: 'labels-ambiguous',
    message: 'labels by a client_request_id that several requests carried: all of these got them',
  },
  unmatched: {
    type: 'labels-unmatched',
    message: 'labels had no row for 7 days: a refresh looks for their rows again',
  },
} as const satisfies Record<keyof ServiceCounts, { type: string; message: string }>;

const KINDS = Object.keys(TOLD) as (keyof ServiceCounts)[];

/** Says of a step what is not as it should be: in the platform's log, and as events of the services. */
export const tellBuilt =
  (log: PlatformLog, events: Pick<ServiceEvents, 'happened'>) =>
  ({ malformed, services }: StepReport): void => {
    if (malformed > 0) {
      log({ level: 'error', message: `log-malformed: ${malformed} lines are no records` });
    }
    for (const [service, counts] of Object.entries(services)) {
      for (const kind of KINDS) {
        const count = counts[kind];
        if (count === 0) continue;
        const { type, message } = TOLD[kind];
        log({ level: 'warning', message: `${service}: ${type}: ${count} ${message}` });
        events.happened({
          ...{ service, level: 'warning', type, message, count },
          ...{ resource_kind: 'capture', resource_name: service },
        });
      }
    }
  };
