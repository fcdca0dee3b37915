import type { ServiceDirectory } from '../../core/inference/service-directory';
import { DomainError } from '../../core/shared/domain-error';
import { type ReportBug, toProblem } from '../problem';
import { corsHeaders, preflight } from './cors';
import type { Admitted, Deliver, EdgeAnswer, EdgeRequest } from './edge';
import { methodOf, type ServicePath, servicePath } from './paths';
import { protocolProblem } from './protocol-answer';
import { assertModel } from './protocol-metadata';
import { passOn, type RequestTrace, type StartTrace } from './request-trace';
import { type PredictionRoute, problemAnswer } from './serve';

export interface ServiceApiNeeds {
  readonly directory: Pick<ServiceDirectory, 'find'>;
  readonly admit: (request: EdgeRequest) => Admitted | Promise<Admitted>;
  readonly predict: (
    admitted: Admitted,
    body: Uint8Array,
    route: PredictionRoute,
    pinned: string | undefined,
    deliver: Deliver,
  ) => void;
  readonly compare: (admitted: Admitted, body: Uint8Array) => Promise<EdgeAnswer>;
  /** As `admit`, for callers that bring labels. */
  readonly admitLabels: (request: EdgeRequest) => Admitted | Promise<Admitted>;
  readonly takeLabels: (admitted: Admitted, body: Uint8Array) => Promise<EdgeAnswer>;
  readonly metadata: (admitted: Admitted, path: ServicePath) => EdgeAnswer;
  readonly report: ReportBug;
  /** Without it a caller's trace goes on to the model and leaves no span here. */
  readonly startTrace?: StartTrace | undefined;
}

/** One request to a service and the way back; `startedAt` is on the monotonic clock, in milliseconds. */
export interface ServiceExchange {
  readonly method: string;
  /** Names in lower case. */
  readonly headers: EdgeRequest['headers'];
  readonly requestId: string;
  readonly startedAt: number;
  readonly clientIp: string | null;
  /** Called at most once, when the caller is let in. May throw what it could fail with. */
  readonly readBody: (done: (body: Uint8Array) => void, fail: (error: unknown) => void) => void;
  readonly send: Deliver;
}

/**
 * Answers everything under `/services/{service}`, in both homes. Nothing on the way of a prediction
 * is awaited but what has to be read first.
 */
export const serviceApi = ({
  directory,
  admit,
  predict,
  compare,
  admitLabels,
  takeLabels,
  metadata,
  report,
  startTrace = passOn,
}: ServiceApiNeeds) => {
  const answerPreflight = async (exchange: ServiceExchange, service: string, method: string) => {
    const serving = await directory.find(service);
    const answer = preflight(serving?.service, exchange.headers.origin, method);
    if (!answer) throw notAllowed(method);
    exchange.send(answer);
  };

  /** @param rest what follows the service's name in the path */
  return (exchange: ServiceExchange, service: string, rest: string): void => {
    const { headers, requestId, startedAt, clientIp } = exchange;
    const path = servicePath(rest);
    const isProtocol = rest.startsWith('/v2');

    const fail = (error: unknown): void => {
      const problem = toProblem(error, requestId, report);
      if (cors.length === 0) cors = knownCors();
      deliver(isProtocol ? protocolProblem(problem) : problemAnswer(problem));
    };
    let cors: readonly string[] = [];
    let trace: RequestTrace | null = null;
    /** A page may read why it was refused at the door, too. */
    const knownCors = (): readonly string[] => {
      const { origin } = headers;
      const known = origin === undefined ? undefined : directory.find(service);
      return known === undefined || known instanceof Promise
        ? []
        : corsHeaders(known.service, origin);
    };
    const deliver = (answer: EdgeAnswer): void => {
      exchange.send(
        cors.length === 0 ? answer : { ...answer, headers: [...answer.headers, ...cors] },
      );
      trace?.end(answer);
    };

    const serve = (admitted: Admitted): void => {
      if (!path) return;
      cors = corsHeaders(admitted.serving.service, headers.origin);
      if (methodOf(path) === 'GET') {
        deliver(metadata(admitted, path));
        return;
      }
      if (path.kind === 'infer') assertModel(path, admitted.serving);
      const run = (body: Uint8Array): void => {
        if (path.kind === 'compare') void compare(admitted, body).then(deliver);
        else if (path.kind === 'labels') void takeLabels(admitted, body).then(deliver);
        else if (path.kind === 'infer') predict(admitted, body, 'infer', path.version, deliver);
        else predict(admitted, body, 'predict', undefined, deliver);
      };
      exchange.readBody(run, fail);
    };

    try {
      if (!path) throw new DomainError('not-found', 'there is no such route');
      const method = methodOf(path);
      if (exchange.method === 'OPTIONS') {
        answerPreflight(exchange, service, method).catch(fail);
        return;
      }
      const given = exchange.method === 'HEAD' ? 'GET' : exchange.method;
      if (given !== method) throw notAllowed(method);
      trace = startTrace({ requestId, service, kind: path.kind, headers });
      const edge = { service, headers, requestId, startedAt, clientIp, trace: trace.context };
      const admitted = path.kind === 'labels' ? admitLabels(edge) : admit(edge);
      if (admitted instanceof Promise) admitted.then(serve).catch(fail);
      else serve(admitted);
    } catch (error) {
      fail(error);
    }
  };
};

const notAllowed = (method: string): DomainError =>
  new DomainError('method-not-allowed', `use ${method}`, { allow: [method] });
