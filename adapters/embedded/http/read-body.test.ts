import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { MAX_BODY } from '../../../api/body-limit';
import { bodyReader } from './read-body';

/** A request whose body is written by hand, and what became of it. */
const open = (headers: IncomingMessage['headers'] = {}) => {
  const body = new PassThrough({ highWaterMark: MAX_BODY * 2 });
  const request = Object.assign(body, { headers }) as unknown as IncomingMessage;
  const told: unknown[] = [];
  const { readBody, stop } = bodyReader();
  const response = { writeContinue: () => void told.push('go on') } as unknown as ServerResponse;
  readBody(
    request,
    response,
    (bytes) => void told.push(Buffer.from(bytes).toString()),
    (error) => void told.push((error as { kind: string }).kind),
  );
  return { body, told, stop };
};

/** Streams hand over on later turns. */
const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('reading a body', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => jest.useRealTimers());

  it('hands over what came, in one piece or many, or nothing', async () => {
    for (const parts of [['whole'], ['in ', 'two ', 'or three'], []]) {
      const { body, told } = open();
      for (const part of parts) body.write(part);
      body.end();
      await turns();
      await turns();
      expect(told).toEqual([parts.join('')]);
    }
  });

  it('refuses one that takes over a minute, once', async () => {
    const { body, told } = open();
    body.write('{');
    await turns();
    jest.advanceTimersByTime(59_000);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(4_000);
    expect(told).toEqual(['bad-request']);
    body.end('}');
    await turns();
    expect(told).toEqual(['bad-request']);
  });

  it('refuses one that is too large as soon as it is, once', async () => {
    const { body, told } = open();
    body.write(Buffer.alloc(MAX_BODY));
    await turns();
    expect(told).toEqual([]);
    body.write('x');
    await turns();
    body.end('x');
    await turns();
    expect(told).toEqual(['body-too-large']);
  });

  it('is not answered for a caller that is gone', async () => {
    const { body, told } = open();
    body.write('half');
    await turns();
    body.destroy();
    await turns();
    jest.advanceTimersByTime(100_000);
    expect(told).toEqual([]);
  });

  it('tells a caller that asked first to go on, and no other', () => {
    expect(open({ expect: '100-Continue' }).told).toEqual(['go on']);
    expect(open({ expect: 'something' }).told).toEqual([]);
  });

  it('leaves no timer behind', () => {
    open().stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
