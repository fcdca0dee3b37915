import { type AlarmChange, alarmEvent } from './alarm-event';

/** As the documentation of CloudWatch shows one. */
const changeTo = (
  value: string,
  before: string,
  dimensions: Readonly<Record<string, string>> = {
    ...{ EndpointName: 'tidegate-dev-wine-12345678', VariantName: 'v1' },
  },
): AlarmChange => ({
  alarmName: 'tidegate-dev-service-wine-AlarmModelV112345678-1ABC2DEF3GHI',
  state: {
    value,
    reason:
      'Threshold Crossed: 1 out of the last 1 datapoints [9.0 (22/11/26 10:05:00)] was greater than or equal to the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
  },
  previousState: { value: before },
  configuration: {
    description: 'The model of wine/v1 fails on requests: docs/runbook.md#model-fails',
    metrics: [{ metricStat: { metric: { dimensions } } }],
  },
});

describe('an alarm of a service', () => {
  it('is a warning of its version that says what is wrong, where to read on, and why it rings', () => {
    expect(alarmEvent('dev', changeTo('ALARM', 'OK'))).toEqual({
      service: 'wine',
      level: 'warning',
      resource_kind: 'version',
      resource_name: 'v1',
      type: 'alarm',
      message:
        'The model of wine/v1 fails on requests: docs/runbook.md#model-fails. CloudWatch says: Threshold Crossed: 1 out of the last 1 datapoints was greater than or equal to the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
    });
  });

  it('is the same event when it rings again with other numbers', () => {
    const first = changeTo('ALARM', 'OK');
    const reason = first.state.reason?.replace('[9.0 (22/11/26 10:05:00)]', '[7.0 (23/11/26)]');
    const again = { ...first, state: { value: 'ALARM', reason: reason ?? '' } };
    expect(again).not.toEqual(first);
    expect(alarmEvent('dev', again)).toEqual(alarmEvent('dev', first));
  });

  it('that is over is told as well', () => {
    expect(alarmEvent('dev', changeTo('OK', 'ALARM'))).toMatchObject({
      ...{ service: 'wine', level: 'info', type: 'alarm-over', resource_name: 'v1' },
      message: 'No longer: The model of wine/v1 fails on requests: docs/runbook.md#model-fails',
    });
  });

  it('is of the capture when it watches a delivery stream', () => {
    const change = changeTo('ALARM', 'OK', { DeliveryStreamName: 'tidegate-dev-wine' });
    expect(alarmEvent('dev', change)).toMatchObject({
      ...{ resource_kind: 'capture', resource_name: 'wine' },
    });
  });

  it.each([
    ['that is new and finds all well', changeTo('OK', 'INSUFFICIENT_DATA'), 'dev'],
    ['that knows nothing yet', changeTo('INSUFFICIENT_DATA', 'OK'), 'dev'],
    ['of another stage', changeTo('ALARM', 'OK'), 'prod'],
    [
      'of the platform',
      { ...changeTo('ALARM', 'OK'), alarmName: 'tidegate-dev-api-Failing' },
      'dev',
    ],
  ])('%s is none', (_, change, stage) => {
    expect(alarmEvent(stage, change)).toBeUndefined();
  });
});
