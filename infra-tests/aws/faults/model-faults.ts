import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from './container';
import type { Fault, Rule } from './fault-proxy';
import type { FaultyHome } from './faulty-home';
import { predictEvent } from './gateway-events';

/** What the service `hurried` gives its model. */
export const HURRIED_MS = 500;
const FIRST_BREAK_MS = 1_000;

/** SageMaker's runtime, while it fails: needs `hurried` of version 1, and `split`, half version 1, half 2. */
export const modelFaults = (homeOf: () => FaultyHome): void => {
  describe('a model', () => {
    let container: Container;
    beforeEach(async () => {
      homeOf().proxy.inject();
      container = await homeOf().start('predict');
      for (const service of ['hurried', 'split']) {
        await container.invoke(predictEvent(service, [[1, 2]]));
      }
    });
    afterEach(() => container.stop());

    const runtime = (fault: Fault, about: Partial<Rule> = {}): Rule => ({
      ...{ service: 'sagemaker', operation: 'InvokeEndpoint', fault, ms: 30_000 },
      ...about,
    });
    const asked = async (first: number, ...rules: readonly Rule[]) => {
      const { proxy } = homeOf();
      proxy.inject(...rules);
      const { answer, answeredMs } = await container.invoke(predictEvent('hurried', [[first, 2]]));
      const { type, detail } = JSON.parse(answer.body);
      expect(answeredMs).toBeLessThan(HURRIED_MS + 1_000);
      expect(proxy.count('sagemaker', 'InvokeEndpoint')).toBe(1);
      return [answer.statusCode, type, answer.headers['retry-after'], detail];
    };

    it.each([
      ['throttle', 'overloaded', 503, '1'],
      ['error500', 'unavailable', 503, '1'],
      ['reset', 'unavailable', 503, '1'],
      ['lost', 'unavailable', 503, '1'],
      ['slow', 'model-timeout', 504, undefined],
    ] as const)(
      'that SageMaker answers for with %s is asked once, and told of as %s',
      async (fault, type, status, retryAfter) => {
        expect(await asked(1, runtime(fault))).toEqual([
          ...[status, `urn:tidegate:${type}`, retryAfter],
          expect.any(String),
        ]);
      },
    );

    it("that fails or is late by itself is asked once, and its words stand in the service's log alone", async () => {
      expect(await asked(-1)).toEqual([
        ...[502, 'urn:tidegate:model-error', undefined],
        expect.not.stringContaining('out of bounds'),
      ]);
      expect(await asked(-2)).toEqual([
        ...[504, 'urn:tidegate:model-timeout', undefined],
        expect.any(String),
      ]);
      await homeOf().keepLog(container);
      const parameters = { service: 'hurried' };
      const { body } = await homeOf().control('/api/services/{service}/logs', parameters);
      const about = { level: 'error', version: 'v1' };
      expect(body.items).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            ...about,
            message: expect.stringMatching(
              /^request \S+: the model failed on this request: .*row 0 is out of bounds/,
            ),
          }),
          expect.objectContaining({
            ...about,
            message: expect.stringMatching(/^request \S+: the model did not answer in time/),
          }),
        ]),
      );
    });

    it('that keeps failing is taken out of the split, and comes back', async () => {
      const { proxy } = homeOf();
      let second = '';
      const noted: Rule['when'] = ({ path }) => {
        second = path;
        return false;
      };
      proxy.inject(runtime('error500', { when: noted }));
      const pinned = { headers: { 'x-tidegate-version': 'v2' } };
      await container.invoke(predictEvent('split', [[1, 2]], pinned));
      const isSecond: Rule['when'] = ({ path }) => path === second;
      const statuses = async (count: number) => {
        const seen: string[] = [];
        for (let i = 0; i < count; i += 1) {
          const { answer } = await container.invoke(predictEvent('split', [[1, 2]]));
          seen.push(`${answer.statusCode} ${answer.headers['x-tidegate-version']}`);
        }
        return seen;
      };
      proxy.inject(runtime('error500', { when: isSecond }));
      const first = await statuses(40);
      const failures = first.filter((one) => one.startsWith('503')).length;
      // Five in a row, and a trial after each break.
      expect(failures).toBeGreaterThanOrEqual(5);
      expect(failures).toBeLessThanOrEqual(7);
      expect(proxy.count('sagemaker', 'InvokeEndpoint')).toBe(40);
      proxy.inject();
      await sleep(2 * FIRST_BREAK_MS);
      const later = await statuses(20);
      expect(new Set(later)).toEqual(new Set(['200 v1', '200 v2']));
    }, 40_000);
  });
};
