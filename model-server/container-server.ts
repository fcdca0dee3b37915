import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { EdgeAnswer } from '../api/inference/edge';
import { problemAnswer } from '../api/inference/serve';
import { problem, toProblem } from '../api/problem';
import { traceIn } from '../core/inference/trace-context';
import { DomainError, isDomainError } from '../core/shared/domain-error';
import type { Headers, Invoke } from './invocations';
import type { Log } from './json-log';

interface Needs {
  /** Whether the model is loaded. */
  readonly isReady: () => boolean;
  readonly invoke: Invoke;
  readonly newId: () => string;
  readonly log: Log;
}

/** SageMaker's own limit of a request to an endpoint. */
const MAX_BODY = 6 * 1024 * 1024;

const LIMITS = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000 };

const METHODS: Readonly<Record<string, string>> = { '/ping': 'GET', '/invocations': 'POST' };

const PONG: EdgeAnswer = {
  status: 200,
  contentType: 'application/json',
  body: '{}',
  headers: [],
  modelMs: null,
};

/** SageMaker's container contract: `GET /ping` and `POST /invocations`. */
export const containerServer = ({ isReady, invoke, newId, log }: Needs): Server => {
  const answered = async (request: IncomingMessage, requestId: string): Promise<EdgeAnswer> => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const method = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
    if (method === undefined) throw new DomainError('not-found', 'there is no such route');
    if (request.method !== method) {
      throw new DomainError('method-not-allowed', `use ${method}`, { allow: [method] });
    }
    if (path === '/invocations') {
      return invoke(request.headers as Headers, await bodyOf(request), requestId);
    }
    if (isReady()) return PONG;
    throw new DomainError('unavailable', 'the model is not loaded');
  };

  const failed = (error: unknown, named: Named): EdgeAnswer => {
    const { request_id: requestId } = named;
    if (isDomainError(error) && error.kind === 'model-error') {
      log('error', `${error.message}: ${error.cause}`, named);
      return modelFailed(error.message, requestId);
    }
    const report = (bug: unknown): void => {
      const { message, stack = '' } = bug instanceof Error ? bug : new Error(String(bug));
      log('error', message, { ...named, stack });
    };
    return problemAnswer(toProblem(error, requestId, report));
  };

  const server = createServer(LIMITS, (request, response) => {
    const named = namedIn(request) ?? { request_id: newId() };
    const { request_id: requestId } = named;
    void answered(request, requestId)
      .catch((error: unknown) => (isLeft(request) ? null : failed(error, named)))
      .then((answer) => {
        if (!answer) return;
        response.writeHead(answer.status, [
          ...['content-type', answer.contentType, 'x-request-id', requestId],
          ...['content-length', String(Buffer.byteLength(answer.body)), ...answer.headers],
          // Who is told so asks elsewhere next time.
          ...(server.listening ? [] : ['connection', 'close']),
        ]);
        response.end(answer.body);
      });
  });
  return server;
};

/** The caller went away before all of its body came. */
const isLeft = ({ destroyed, complete }: IncomingMessage): boolean => destroyed && !complete;

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too much is read to its end all the same, for then its sender hears why it is refused.
    if (size <= MAX_BODY) chunks.push(chunk);
  }
  if (size <= MAX_BODY) return Buffer.concat(chunks, size);
  throw new DomainError('body-too-large', `a body may have ${MAX_BODY} bytes`);
};

/** A request as its log lines name it. */
interface Named {
  readonly request_id: string;
  readonly trace_id?: string;
}

const ATTRIBUTES = /^([\w-]{1,64})(?:;([\w-]{1,128}))?$/;

/**
 * SageMaker hands a caller's custom attributes on, and few other headers: in them the platform names
 * a request by its id, and by its `traceparent` where it has one.
 */
const namedIn = ({ headers }: IncomingMessage): Named | undefined => {
  const given = headers['x-amzn-sagemaker-custom-attributes'];
  const [, request_id, traceparent = ''] = ATTRIBUTES.exec(String(given)) ?? [];
  if (typeof given !== 'string' || !request_id) return undefined;
  const trace_id = traceIn(traceparent);
  return trace_id === undefined ? { request_id } : { request_id, trace_id };
};

/** 500, as the contract has it: of a model in a container there is no gateway that was let down. */
const modelFailed = (detail: string, requestId: string): EdgeAnswer => {
  const { body, ...rest } = problem('model-error', detail, requestId);
  return problemAnswer({ ...rest, status: 500, body: { ...(body as object), status: 500 } });
};
