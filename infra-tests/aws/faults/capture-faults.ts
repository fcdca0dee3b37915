import { capturedIds, lostIn } from './captured-lines';
import type { Container } from './container';
import type { Fault, Rule } from './fault-proxy';
import type { FaultyHome } from './faulty-home';
import { predictEvent } from './gateway-events';

const PREDICTIONS = 6;
/** Far more than an answer takes, far less than what it must not wait for. */
const AT_ONCE_MS = 1_000;
/** What an answer waits at most for its record, where it waits for it. */
const LONGEST_MS = 3_000;
const SERVICE = 'captured';

/** The ids of a few predictions, all answered, none later than the model. */
const predictions = async (container: Container): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < PREDICTIONS; i += 1) {
    const { answer, answeredMs } = await container.invoke(predictEvent(SERVICE, [[1, 2]]));
    const { predictions: made, request_id } = JSON.parse(answer.body);
    expect([answer.statusCode, made]).toEqual([200, [3]]);
    expect(answeredMs).toBeLessThan(AT_ONCE_MS);
    ids.push(request_id);
  }
  return ids;
};

/** Capture, while Firehose and S3 fail: needs services `captured`, and `sure`, which captures before it answers. */
export const captureFaults = (homeOf: () => FaultyHome): void => {
  describe('captured requests', () => {
    const whatBecomes = async (...rules: readonly Rule[]) => {
      const home = homeOf();
      home.proxy.inject();
      const container = await home.start('predict');
      // The start itself is not what is measured.
      await container.invoke(predictEvent(SERVICE, [[1, 2]]));
      home.proxy.inject(...rules);
      const ids = await predictions(container);
      const [firehose, s3] = [home.proxy.count('firehose'), home.proxy.count('s3')];
      home.proxy.inject();
      const captured = (await capturedIds(home, SERVICE)).filter((id) => ids.includes(id));
      const lost = lostIn(container);
      await container.stop();
      return { once: new Set(captured).size, copies: captured.length, lost, firehose, s3 };
    };
    const firehose = (fault: Fault): Rule => ({ service: 'firehose', fault, ms: 30_000 });

    it.each(['throttle', 'error500', 'reset', 'slow'] as const)(
      'lie in S3 once each when Firehose answers with %s, and it is left alone for a while',
      async (fault) => {
        const { once, copies, lost, ...calls } = await whatBecomes(firehose(fault));
        expect({ once, copies, lost }).toEqual({ once: PREDICTIONS, copies: PREDICTIONS, lost: 0 });
        // Far fewer than two for each.
        expect(calls.firehose).toBeLessThanOrEqual(PREDICTIONS);
        expect(calls.s3).toBe(PREDICTIONS);
      },
      40_000,
    );

    it('go through Firehose when it takes every second record only', async () => {
      const { once, copies, lost, ...calls } = await whatBecomes(firehose('half'));
      expect({ once, copies, lost }).toEqual({ once: PREDICTIONS, copies: PREDICTIONS, lost: 0 });
      expect(calls.firehose).toBe(2 * PREDICTIONS);
    }, 40_000);

    it('lie there twice at most when it takes them and does not say so', async () => {
      const { once, lost, ...calls } = await whatBecomes(firehose('lost'));
      expect({ once, lost }).toEqual({ once: PREDICTIONS, lost: 0 });
      expect(calls.firehose).toBeLessThanOrEqual(PREDICTIONS);
    }, 40_000);

    it('are counted, each, when S3 takes nothing either', async () => {
      const s3: Rule = { service: 's3', fault: 'error500' };
      const { once, lost, ...calls } = await whatBecomes(firehose('throttle'), s3);
      expect({ once, lost }).toEqual({ once: 0, lost: PREDICTIONS });
      expect(calls.s3).toBeLessThanOrEqual(3 * PREDICTIONS);
    }, 40_000);

    describe('before the answer', () => {
      const asked = async (...rules: readonly Rule[]) => {
        const home = homeOf();
        home.proxy.inject();
        const container = await home.start('predict');
        await container.invoke(predictEvent('sure', [[1, 2]]));
        home.proxy.inject(...rules);
        const { answer, answeredMs, ranMs } = await container.invoke(
          predictEvent('sure', [[1, 2]]),
        );
        home.proxy.inject();
        const { predictions: made, request_id } = JSON.parse(answer.body);
        expect([answer.statusCode, made]).toEqual([200, [3]]);
        const copies = (await capturedIds(home, 'sure')).filter((id) => id === request_id).length;
        const lost = lostIn(container);
        await container.stop();
        return { copies, lost, answeredMs, ranMs };
      };

      it('are delivered when the answer goes out', async () => {
        const { copies, lost, answeredMs } = await asked({ ...firehose('slow'), ms: 700 });
        expect({ copies, lost }).toEqual({ copies: 1, lost: 0 });
        expect(answeredMs).toBeGreaterThanOrEqual(700);
      });

      it('lie in S3 when Firehose takes nothing', async () => {
        const { copies, lost } = await asked(firehose('throttle'));
        expect({ copies, lost }).toEqual({ copies: 1, lost: 0 });
      });

      it('fail no prediction and hold it up for some seconds only when neither takes them', async () => {
        const s3: Rule = { service: 's3', fault: 'slow', ms: 60_000 };
        const { copies, lost, answeredMs, ranMs } = await asked(firehose('slow'), s3);
        expect({ copies, lost }).toEqual({ copies: 0, lost: 1 });
        expect(answeredMs).toBeLessThan(LONGEST_MS + AT_ONCE_MS);
        expect(ranMs).toBeGreaterThan(LONGEST_MS);
      }, 60_000);
    });

    it('are captured or counted when S3 takes every second only', async () => {
      const s3: Rule = { service: 's3', fault: 'half' };
      const { once, lost } = await whatBecomes(firehose('reset'), s3);
      expect(once + lost).toBe(PREDICTIONS);
    }, 40_000);
  });
};
