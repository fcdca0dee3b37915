import type { ServiceEvents } from '../services/service-events';

/** What may be wrong with what was built of a service. */
export interface BuildFindings {
  /** Lines that arrived and are no records. */
  readonly malformed: number;
  /** Requests that could not be unpacked. */
  readonly errors: number;
  /** Labels by a client's id that several requests carried. */
  readonly ambiguous: number;
  /** Labels that are no longer waited for: they had no row for a week. */
  readonly unmatched: number;
}

const TOLD = {
  malformed: {
    type: 'lines-malformed',
    message: 'captured lines are no records: they came into no table, and stay where they arrived',
  },
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
} as const satisfies Record<keyof BuildFindings, { type: string; message: string }>;

const KINDS = Object.keys(TOLD) as (keyof BuildFindings)[];

interface Needs {
  readonly events: Pick<ServiceEvents, 'happened'>;
  /** Gets a line for each finding. */
  readonly warn: (message: string) => void;
}

/** Says of a build what is not as it should be: as events of the service, and in the platform's log. */
export const tellFindings =
  ({ events, warn }: Needs) =>
  (service: string, findings: Partial<BuildFindings>): void => {
    for (const kind of KINDS) {
      const count = findings[kind] ?? 0;
      if (count === 0) continue;
      const { type, message } = TOLD[kind];
      warn(`${service}: ${type}: ${count} ${message}`);
      events.happened({
        ...{ service, level: 'warning', type, message, count },
        ...{ resource_kind: 'capture', resource_name: service },
      });
    }
  };
