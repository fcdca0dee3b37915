import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { newId } from '../../primitives';
import { startExecution } from './start-execution';

const machine = 'arn:aws:states:eu-central-1:000000000000:stateMachine:tables';

/** Stands in for Step Functions: no emulator throttles. */
const refusing = async <T>(type: string, use: (endpoint: string) => Promise<T>): Promise<T> => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: type, message: 'no' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};
const starting = (type: string) =>
  refusing(type, async (endpoint) => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sfn = new SFNClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
    try {
      return await startExecution({ sfn, machine, newId })({ kind: 'tick' });
    } finally {
      sfn.destroy();
    }
  });

describe('a run that AWS does not start', () => {
  it.each(['ThrottlingException', 'ExecutionLimitExceeded'])(
    'is told to try again later where AWS is asked too much: %s',
    async (type) => {
      await expect(starting(type)).rejects.toMatchObject({ kind: 'overloaded', retryAfterS: 5 });
    },
  );

  it('is a failure of the platform for any other reason', async () => {
    await expect(starting('StateMachineDoesNotExist')).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });
});
