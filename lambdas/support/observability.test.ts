import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { observed, report } from './observability';

const ROOT = '1-67891233-abcdef012345678912345678';
/** As Lambda tells it, for each invocation. */
const TRACE = '_X_AMZN_TRACE_ID';

describe('what a function logs', () => {
  afterEach(() => {
    delete process.env[TRACE];
    jest.restoreAllMocks();
  });

  const lineOf = async (): Promise<unknown> => {
    const lines: string[] = [];
    jest.spyOn(console, 'error').mockImplementation((line) => void lines.push(String(line)));
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const handler = middy<object, void>()
      .use(observed())
      .handler(async () => report(new Error('broken'), 'ours'));
    await handler({}, { awsRequestId: 'lambda' } as Context);
    return JSON.parse(lines.join(''));
  };

  it('names the trace that API Gateway and Lambda tell X-Ray of, beside our own id', async () => {
    process.env[TRACE] = `Root=${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`;
    expect(await lineOf()).toMatchObject({
      ...{ level: 'ERROR', message: 'internal error', request_id: 'ours' },
      ...{ xray_trace_id: ROOT, function_request_id: 'lambda' },
      error: { message: 'broken' },
    });
  });

  it('names none where there is none', async () => {
    expect(await lineOf()).not.toHaveProperty('xray_trace_id');
  });
});
