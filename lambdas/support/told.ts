import {
  serviceOfAlarm,
  serviceOfEndpoint,
  serviceOfStack,
} from '../../core/services/service-template-names';
import type { AlarmChange } from './alarm-event';
import type { Asker } from './waiting-deployment';

/** What operators' changes, deployments, CloudFormation, SageMaker and CloudWatch tell, as far as it is read; of a schedule nothing is. */
export interface Told extends Partial<AlarmChange> {
  readonly service?: string;
  readonly 'stack-id'?: string;
  readonly EndpointName?: string;
  /** Whom to tell that the services of a manifest are as it says. */
  readonly deployment?: Asker;
}

/** Whether it is of an alarm. */
export const isAlarm = (told: Told): told is Told & AlarmChange =>
  told.alarmName !== undefined && told.state !== undefined;

/** The services that it is about; none where it is about no one service. */
export const servicesIn = (stage: string, told: Told): readonly string[] => {
  const { service, 'stack-id': stack, EndpointName: endpoint, alarmName: alarm } = told;
  if (service !== undefined) return [service];
  const ofStack = stack === undefined ? undefined : serviceOfStack(stage, stack);
  const ofEndpoint = endpoint === undefined ? undefined : serviceOfEndpoint(stage, endpoint);
  const ofAlarm = alarm === undefined ? undefined : serviceOfAlarm(stage, alarm);
  return [ofStack ?? ofEndpoint ?? ofAlarm ?? []].flat();
};
