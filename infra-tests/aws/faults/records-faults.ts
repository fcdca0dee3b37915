import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from './container';
import type { Fault, Rule } from './fault-proxy';
import type { FaultyHome } from './faulty-home';
import { authorizerEvent, predictEvent } from './gateway-events';

/** After this what a function knows is waited for anew. */
const OLD_MS = 10_500;
const FAULTS = ['throttle', 'error500', 'reset', 'slow'] as const;
const SERVICE = 'captured';
const LIMITED = { keyId: 'k1', throttle: { rate: 1, burst: 5, quota: null } };

const database = (fault: Fault, operation?: string): Rule => ({
  ...{ service: 'dynamodb', fault, ms: 30_000 },
  ...(operation !== undefined && { operation }),
});
const predicted = async (container: Container, caller = {}) => {
  const { answer, answeredMs } = await container.invoke(predictEvent(SERVICE, [[1, 2]], caller));
  return { status: answer.statusCode, answeredMs };
};
/** What a caller is told of what does not answer. */
const TOLD = [503, 'urn:tidegate:unavailable', '1'];
const told = async (container: Container, context?: object) => {
  const asked = predictEvent(SERVICE, [[1, 2]], {}, context);
  const { answer, answeredMs } = await container.invoke(asked);
  const { type } = JSON.parse(answer.body);
  return { said: [answer.statusCode, type, answer.headers['retry-after']], answeredMs };
};
interface Policy {
  readonly context: object;
  readonly policyDocument: { readonly Statement: readonly { readonly Effect: string }[] };
}

/** Records, secrets and limits, while they fail: needs `captured`, and `keyed` with a key. */
export const recordsFaults = (homeOf: () => FaultyHome, keyOf: () => string): void => {
  describe('predictions without DynamoDB', () => {
    const policyOf = async (authorizer: Container, key: string): Promise<Policy> =>
      (await authorizer.invoke<Policy>(authorizerEvent('keyed', key))).answer;
    const isAllowed = async (authorizer: Container, key: string): Promise<boolean> =>
      (await policyOf(authorizer, key)).policyDocument.Statement[0]?.Effect === 'Allow';

    const warm: (readonly [Fault, Container, Container])[] = [];
    let warmAt = 0;
    beforeAll(async () => {
      const home = homeOf();
      home.proxy.inject();
      for (const fault of FAULTS) {
        const containers = [await home.start('predict'), await home.start('authorizer')] as const;
        expect(await predicted(containers[0])).toMatchObject({ status: 200 });
        expect(await isAllowed(containers[1], keyOf())).toBe(true);
        warm.push([fault, ...containers]);
      }
      warmAt = performance.now();
    }, 60_000);

    it.each(FAULTS)(
      'are put off soon at a cold start (%s), and come when it is over',
      async (fault) => {
        const home = homeOf();
        home.proxy.inject(database(fault));
        const [container, authorizer] = [
          await home.start('predict'),
          await home.start('authorizer'),
        ];
        const { said, answeredMs } = await told(container);
        expect(said).toEqual(TOLD);
        expect(answeredMs).toBeLessThan(5_000);
        // Whoever the authorizer cannot know gets past it, to be told the same and no more.
        const { context } = await policyOf(authorizer, 'tgk-any');
        expect((await told(container, context)).said).toEqual(TOLD);
        expect(home.proxy.count('dynamodb')).toBeLessThanOrEqual(8);
        home.proxy.inject();
        expect((await told(container, context)).said).toEqual(TOLD);
        await sleep(1_100);
        expect(await predicted(container)).toMatchObject({ status: 200 });
        expect(await isAllowed(authorizer, 'tgk-any')).toBe(false);
        expect(await isAllowed(authorizer, keyOf())).toBe(true);
        await Promise.all([container.stop(), authorizer.stop()]);
      },
      30_000,
    );

    it.each(FAULTS)(
      'are not held back by limits that cannot be counted (%s)',
      async (fault) => {
        const home = homeOf();
        home.proxy.inject();
        const container = await home.start('predict');
        await predicted(container);
        home.proxy.inject(database(fault, 'UpdateItem'));
        const since = performance.now();
        for (let i = 0; i < 10; i += 1) {
          const { status, answeredMs } = await predicted(container, LIMITED);
          expect(status).toBe(200);
          expect(answeredMs).toBeLessThan(1_000);
        }
        const seconds = Math.ceil((performance.now() - since) / 1_000);
        expect(home.proxy.count('dynamodb', 'UpdateItem')).toBeLessThanOrEqual(2 * seconds);
        home.proxy.inject();
        await sleep(1_100);
        const later: number[] = [];
        for (let i = 0; i < 10; i += 1) later.push((await predicted(container, LIMITED)).status);
        expect(later).toContain(429);
        await container.stop();
      },
      30_000,
    );

    it('go on from what is known, also when that is old', async () => {
      const home = homeOf();
      await sleep(Math.max(0, warmAt + OLD_MS - performance.now()));
      for (const [fault, container, authorizer] of warm) {
        home.proxy.inject(database(fault));
        let waited = 0;
        for (let i = 0; i < 10; i += 1) {
          const { status, answeredMs } = await predicted(container);
          expect([fault, status]).toEqual([fault, 200]);
          waited += answeredMs;
        }
        // One look at the records, tried twice, and none for a second after it.
        expect(waited).toBeLessThan(4_000);
        expect(home.proxy.count('dynamodb')).toBeLessThanOrEqual(6);
        home.proxy.inject(database(fault));
        for (let i = 0; i < 5; i += 1) expect(await isAllowed(authorizer, keyOf())).toBe(true);
        await expect(isAllowed(authorizer, 'tgk-unknown')).resolves.toBe(false);
        await Promise.all([container.stop(), authorizer.stop()]);
      }
    }, 60_000);
  });

  it.each(['throttle', 'error500', 'reset', 'slow'] as const)(
    'a prediction without Secrets Manager is put off soon at a cold start (%s), and comes after it',
    async (fault) => {
      const home = homeOf();
      home.proxy.inject({ service: 'secretsmanager', fault, ms: 30_000 });
      const container = await home.start('predict');
      const { said, answeredMs } = await told(container);
      expect(said).toEqual(TOLD);
      expect(answeredMs).toBeLessThan(8_000);
      expect(home.proxy.count('secretsmanager')).toBeLessThanOrEqual(3);
      home.proxy.inject();
      expect(await predicted(container)).toMatchObject({ status: 200 });
      await container.stop();
    },
    30_000,
  );
};
