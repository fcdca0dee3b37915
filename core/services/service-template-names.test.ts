import fc from 'fast-check';
import { NAME_PATTERN } from '../shared/names';
import {
  anyUsageKeyOf,
  endpointName,
  generationPart,
  serviceOfAlarm,
  serviceOfEndpoint,
  serviceOfStack,
  serviceResourceName,
  serviceStackName,
  usageKeyOf,
} from './service-template-names';

const stages = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
const hex = fc.stringMatching(/^[0-9a-f]{8}$/);
const names = fc.stringMatching(NAME_PATTERN);
/** Also those that look like what is made of another's name. */
const services = fc.oneof(
  names,
  fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/), hex).map((parts) => parts.join('-')),
  fc.tuple(fc.constantFrom('service', 'any', 'usage-key'), names).map((parts) => parts.join('-')),
);
const made = fc.record({ stage: stages, service: services, generation: hex });
/** Two of them, the second often of the first one's name and eight digits more. */
const pairs = fc.tuple(made, made, fc.boolean()).map(([one, other, isDerived]) => {
  const service = `${one.service}-${one.generation}`;
  const isName = isDerived && NAME_PATTERN.test(service);
  return [one, isName ? { ...other, stage: one.stage, service } : other] as const;
});
type Made = { readonly stage: string; readonly service: string; readonly generation: string };

/** By what AWS tells apart: an endpoint and a stream may be called alike. */
const namesOf = ({ stage, service, generation }: Made) => ({
  stack: serviceStackName(stage, service),
  resource: serviceResourceName(stage, service),
  endpoint: endpointName(stage, service, generation),
  key: usageKeyOf(stage, service),
});

describe('names of what belongs to services', () => {
  it('are never those of another service or stage', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const isSame = one.stage === other.stage && one.service === other.service;
        const [mine, theirs] = [namesOf(one), namesOf(other)];
        for (const kind of ['stack', 'resource', 'key'] as const) {
          expect([kind, mine[kind] === theirs[kind]]).toEqual([kind, isSame]);
        }
        const isSameEndpoint = isSame && one.generation === other.generation;
        expect(mine.endpoint === theirs.endpoint).toBe(isSameEndpoint);
        expect(mine.key).not.toBe(anyUsageKeyOf(other.stage));
      }),
    );
  });

  it('tell whose they are', () => {
    fc.assert(
      fc.property(made, stages, (one, another) => {
        const { stack, endpoint } = namesOf(one);
        const arn = `arn:aws:cloudformation:eu-west-1:000000000000:stack/${stack}/0198`;
        for (const name of [stack, arn]) expect(serviceOfStack(one.stage, name)).toBe(one.service);
        expect(serviceOfEndpoint(one.stage, endpoint)).toBe(one.service);
        const alarm = `${stack}-AlarmModel${generationPart('v1', endpoint)}-1ABC2DEF3`;
        expect(serviceOfAlarm(one.stage, alarm)).toBe(one.service);
        if (another === one.stage) return;
        expect(serviceOfStack(another, stack)).toBeUndefined();
        expect(serviceOfEndpoint(another, endpoint)).toBeUndefined();
        expect(serviceOfAlarm(another, alarm)).toBeUndefined();
      }),
    );
  });

  it('are short enough for SageMaker, and made of what it takes', () => {
    fc.assert(
      fc.property(stages, names, hex, (stage, service, generation) => {
        expect(endpointName(stage, service, generation)).toMatch(/^[a-z0-9-]{1,63}$/);
      }),
    );
  });

  it('keep two versions apart within a template', () => {
    fc.assert(
      fc.property(names, hex, names, hex, (one, first, other, second) => {
        const [mine, theirs] = [
          generationPart(one, `e-${first}`),
          generationPart(other, `e-${second}`),
        ];
        expect(mine).toMatch(/^[A-Za-z0-9]+$/);
        expect(mine === theirs).toBe(one === other && first === second);
      }),
    );
  });
});
