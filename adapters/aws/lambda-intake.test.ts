import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DomainError } from '../../core/shared/domain-error';
import { answerCall, type Intake, type IntakeCall } from './intake-call';
import { lambdaIntake } from './lambda-intake';

const asked = { source: { upload: 'a' } };
const fault = { path: 'source.upload', code: 'gone', message: 'send it again' };

/** Intakes have tests of their own: of this one each test says what it does. */
const nobody = () => Promise.reject(new Error('nothing was told'));
const intakeWith = (works: Partial<Intake>): Intake => ({
  ...{ take: nobody, settle: nobody, remove: nobody, createUpload: nobody },
  ...works,
});

describe('the intake as a function', () => {
  /** Stands in for Lambda's API: what a function that is killed or too slow leaves to Lambda, no emulator says in Lambda's words. */
  let answer: (call: IntakeCall, response: ServerResponse) => Promise<void> | void;
  let server: Server;
  let client: LambdaClient;
  let remote: Intake;
  beforeAll(async () => {
    server = createServer(async (incoming, response) => {
      await answer((await json(incoming)) as IntakeCall, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new LambdaClient({
      ...{ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      ...{ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
      ...{ maxAttempts: 1, requestHandler: { requestTimeout: 500, throwOnRequestTimeout: true } },
    });
    remote = lambdaIntake({ client, target: 'arn:aws:lambda:us-east-1:0:function:intake:live' });
  });
  afterAll(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });

  const answeredBy = (works: Partial<Intake>): void => {
    answer = async (call, response) => {
      response.end(JSON.stringify(await answerCall(intakeWith(works), call)));
    };
  };
  const brokenBy = (errorType: string | undefined, errorMessage: string): void => {
    answer = (_, response) => {
      response.writeHead(200, { 'X-Amz-Function-Error': 'Unhandled' });
      response.end(JSON.stringify({ errorType, errorMessage }));
    };
  };
  const refusedBy = (status: number, type: string): void => {
    answer = (_, response) => {
      response.writeHead(status, { 'x-amzn-errortype': type }).end('{"Message":"no"}');
    };
  };

  it('does what it is asked, each with what belongs to it', async () => {
    const calls: unknown[] = [];
    const place = { upload_id: 'b', url: 'https://example.com/b', method: 'PUT' } as const;
    const noted =
      <T>(done: T) =>
      async (...args: readonly unknown[]) => {
        calls.push(args);
        return done;
      };
    const none = noted(undefined);
    const createUpload = noted(place);
    answeredBy({ settle: none, remove: none, createUpload });
    await expect(remote.settle(asked, 'sha256:0')).resolves.toBeUndefined();
    await expect(remote.remove('sha256:1')).resolves.toBeUndefined();
    await expect(remote.createUpload()).resolves.toEqual(place);
    expect(calls).toEqual([[asked, 'sha256:0'], ['sha256:1'], []]);
  });

  it('refuses as the intake refuses, with all that callers are told', async () => {
    const refused = new DomainError('bad-request', 'there is no such upload', {
      ...{ faults: [fault], retryAfterS: 7, cause: new Error('for the logs') },
    });
    answeredBy({ take: () => Promise.reject(refused) });
    const { kind, message, faults, retryAfterS } = refused;
    await expect(remote.take(asked)).rejects.toMatchObject({
      ...{ name: 'DomainError', kind, message, faults, retryAfterS },
    });
  });

  it.each([
    ['took too long', 'Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 25.00 seconds'],
    [
      'took too long, in older words',
      undefined,
      '2026-01-01T00:00:00Z 1 Task timed out after 25.00 seconds',
    ],
  ])('may be tried again where it %s', async (_, type, message) => {
    brokenBy(type, message);
    await expect(remote.take(asked)).rejects.toMatchObject({
      ...{ kind: 'unavailable', retryAfterS: 5, message: expect.stringMatching(/make it smaller/) },
    });
  });

  it.each(['Runtime.OutOfMemory', 'Runtime.ExitError'])(
    'says that a package is too much where it was killed (%s)',
    async (type) => {
      brokenBy(type, 'RequestId: 1 Error: Runtime exited with error: signal: killed');
      await expect(remote.take(asked)).rejects.toMatchObject({
        ...{ kind: 'bad-request', message: expect.stringMatching(/save_as_external_data/) },
      });
    },
  );

  it.each([
    ['answers', () => brokenBy('Function.ResponseSizeTooLarge', 'exceeded 6291556 bytes')],
    ['is asked', () => refusedBy(413, 'RequestTooLargeException')],
  ])(
    'says that there is too much to remember where it %s more than Lambda carries',
    async (_, tell) => {
      tell();
      await expect(remote.take(asked)).rejects.toMatchObject({
        ...{ kind: 'bad-request', message: expect.stringMatching(/fewer or smaller rows/) },
      });
    },
  );

  it.each([
    ['is busy', () => refusedBy(429, 'TooManyRequestsException')],
    ['cannot be had', () => refusedBy(500, 'ServiceException')],
    [
      'does not answer',
      () => {
        answer = () => undefined;
      },
    ],
  ])('may be tried again where Lambda %s', async (_, tell) => {
    tell();
    await expect(remote.take(asked)).rejects.toMatchObject({
      ...{ kind: 'unavailable', retryAfterS: 5 },
    });
  });

  it('fails as a fault of ours where it has one, or may not be asked', async () => {
    brokenBy('TypeError', 'x is not a function');
    const failing = () => remote.take(asked).then(fail, (error: unknown) => error);
    const failed = await failing();
    expect(failed).toMatchObject({ name: 'Error', message: expect.stringMatching(/TypeError/) });
    refusedBy(403, 'AccessDeniedException');
    expect(await failing()).not.toMatchObject({ name: 'DomainError' });
  });
});

const fail = (): never => {
  throw new Error('it was done');
};
