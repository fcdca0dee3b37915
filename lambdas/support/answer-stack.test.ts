import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { answerStack } from './answer-stack';

describe('what CloudFormation is told', () => {
  let status = 200;
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await buffer(request));
    response.writeHead(status).end();
  });
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => server.close());

  const told = async (Reason: string) => {
    const { port } = server.address() as AddressInfo;
    const asker = {
      ...{ ResponseURL: `http://127.0.0.1:${port}/`, StackId: 'stack', RequestId: 'r1' },
      LogicalResourceId: 'Packages',
    };
    await answerStack(asker, { Status: 'FAILED', Reason });
    return bodies.at(-1) ?? Buffer.of();
  };

  it('is a reason as it is where it fits', async () => {
    const body = await told('wine stays as it was');
    expect(JSON.parse(String(body))).toEqual({
      ...{ Status: 'FAILED', Reason: 'wine stays as it was', StackId: 'stack', RequestId: 'r1' },
      ...{ LogicalResourceId: 'Packages', PhysicalResourceId: 'Packages' },
    });
  });

  it.each([
    ['letters', 'a'],
    ['quotes, which JSON escapes', '"'],
    ['control characters', '\u0001'],
    ['snowmen', '☃'],
    ['pairs of surrogates', '🙂'],
    ['half a pair', '\ud83d '],
  ])('is at most 4,096 bytes of well-formed text, and where the rest is: %s', async (_, one) => {
    for (const start of ['', 'x', 'xx', 'xxx']) {
      const body = await told(start + one.repeat(9_000));
      expect(body.length).toBeLessThanOrEqual(4_096);
      expect(body.length).toBeGreaterThan(4_080);
      const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
      const { Reason, Status } = JSON.parse(text);
      expect(Status).toBe('FAILED');
      expect(Reason).toMatch(/tidegate events/);
      expect(Reason.startsWith(start + one)).toBe(true);
      expect(
        Reason.split('…')[0].slice(start.length).replaceAll(one, '').trim().length,
      ).toBeLessThan(2);
    }
  });

  it('is said again by whoever hears that it was not taken', async () => {
    status = 403;
    await expect(told('')).rejects.toThrow('CloudFormation was not told: 403');
    status = 200;
  });

  it('is whole up to the last byte that there is room for', async () => {
    const empty = (await told('')).length;
    const fits = 'a'.repeat(4_096 - empty);
    expect(JSON.parse(String(await told(fits))).Reason).toBe(fits);
    expect(JSON.parse(String(await told(`${fits}a`))).Reason).toMatch(/cut/);
  });
});
