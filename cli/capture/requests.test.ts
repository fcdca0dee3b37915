import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const run = async (args: readonly string[], answers: Answers) => {
  platform = await platformEmulator(answers);
  return runCli(['requests', ...args], { endpoint: platform.endpoint });
};

const ID = '0198c0de-0000-7000-8000-000000000001';
const captured = {
  ...{ request_id: ID, client_request_id: 'order 7', request_time: '2026-11-20T10:00:00.000Z' },
  ...{ service: 'wine', service_version: 'v1', model_name: 'red', model_version: 3 },
  ...{ requester: 'key-1', client_ip: null, role: 'primary', primary_request_id: null },
  ...{ split_key_hash: null, status_code: 200, error_type: null, execution_duration_ms: 1.25 },
  ...{ model_duration_ms: 0.5, sampling_fraction: 1, request_format: 'csv', row_count: 2 },
  ...{ request: '{"dataframe_split":{}}', response: null, request_bytes: 90, response_bytes: 40 },
};
const FIND = 'GET /api/services/wine/requests';

describe('requests', () => {
  it('are found by everything the platform knows', async () => {
    const filters = ['--client-request-id', 'order 7', '--requester', 'key-1', '--version', 'v1'];
    const more = ['--status', '200', '--role', 'primary', '--primary', ID, '--since', '7d'];
    const result = await run(['find', 'wine', ...filters, ...more], {
      [FIND]: () => ({ body: pageOf([captured]) }),
    });
    expect(result.stdout).toContain(ID);
    expect(platform.asked[0]?.query).toMatchObject({
      ...{ client_request_id: 'order 7', requester: 'key-1', version: 'v1', status: '200' },
      ...{ role: 'primary', primary_request_id: ID },
    });
  });

  it('are found over pages that hold fewer than their limit, or none', async () => {
    const answers: Answers = {
      [FIND]: ({ query }) => ({ body: query.cursor ? pageOf([captured]) : pageOf([], ID) }),
    };
    expect(JSON.parse((await run(['find', 'wine', '--json'], answers)).stdout)).toEqual([captured]);
  });

  it('are shown with what came in and what went out', async () => {
    const result = await run(['show', 'wine', ID], {
      [`${FIND}/${ID}`]: () => ({ body: captured }),
    });
    expect(result.stdout).toMatch(/model +red\/3/);
    expect(result.stdout).toContain('request\n{"dataframe_split":{}}\n');
    expect(result.stdout).toContain('response\nnot stored\n');
  });

  it('have one of four roles', async () => {
    expect((await run(['find', 'wine', '--role', 'main'], {})).code).toBe(2);
  });
});
