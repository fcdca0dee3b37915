import { servicesIn } from './told';

describe('what is told', () => {
  it.each([
    ['an operator', { service: 'wine' }],
    [
      'CloudFormation',
      { 'stack-id': 'arn:aws:cloudformation:eu-west-1:0:stack/tidegate-dev-service-wine/0198' },
    ],
    ['SageMaker', { EndpointName: 'tidegate-dev-wine-12345678' }],
    [
      'CloudWatch',
      {
        alarmName: 'tidegate-dev-service-wine-AlarmCapture-1ABC2DEF3',
        state: { value: 'ALARM' },
      },
    ],
  ])('by %s names the service to look at', (_, told) => {
    expect(servicesIn('dev', told)).toEqual(['wine']);
  });

  it.each([
    ['a schedule', {}],
    ['another stage', { EndpointName: 'tidegate-prod-wine-12345678' }],
  ])('by %s names none', (_, told) => {
    expect(servicesIn('dev', told)).toEqual([]);
  });
});
