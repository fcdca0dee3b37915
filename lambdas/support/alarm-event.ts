import type { Happening } from '../../core/services/service-events';
import { serviceOfAlarm } from '../../core/services/service-template-names';

/** What CloudWatch tells of an alarm whose state has changed, as far as it is read. */
export interface AlarmChange {
  readonly alarmName: string;
  readonly state: { readonly value: string; readonly reason?: string };
  readonly previousState?: { readonly value: string };
  readonly configuration?: {
    readonly description?: string;
    readonly metrics?: readonly {
      readonly metricStat?: {
        readonly metric?: { readonly dimensions?: Readonly<Record<string, string>> };
      };
    }[];
  };
}

/** Without what was measured and when: with it the same alarm would never be the same event again. */
const lasting = (reason: string): string => reason.replaceAll(/ \[[^\]]*\]/g, '');

const about = (
  service: string,
  { configuration }: AlarmChange,
): Pick<Happening, 'resource_kind' | 'resource_name'> => {
  const { VariantName: version, DeliveryStreamName: stream } =
    configuration?.metrics?.[0]?.metricStat?.metric?.dimensions ?? {};
  if (version !== undefined) return { resource_kind: 'version', resource_name: version };
  return { resource_kind: stream === undefined ? 'service' : 'capture', resource_name: service };
};

/**
 * An alarm of a service that rings, or is over, as an event of that service; undefined for any other
 * change. A new alarm that finds all well was none.
 */
export const alarmEvent = (stage: string, change: AlarmChange): Happening | undefined => {
  const { alarmName, state, previousState, configuration } = change;
  const service = serviceOfAlarm(stage, alarmName);
  if (service === undefined) return undefined;
  const what = configuration?.description ?? alarmName;
  const resource = about(service, change);
  if (state.value === 'ALARM') {
    const message = `${what}. CloudWatch says: ${lasting(state.reason ?? 'nothing')}`;
    return { service, level: 'warning', ...resource, type: 'alarm', message };
  }
  if (state.value !== 'OK' || previousState?.value !== 'ALARM') return undefined;
  return { service, level: 'info', ...resource, type: 'alarm-over', message: `No longer: ${what}` };
};
