import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders, preflight } from '../../../api/inference/cors';
import type { Admitted, EdgeAnswer, EdgeRequest } from '../../../api/inference/edge';
import { methodOf, type ServicePath, servicePath } from '../../../api/inference/paths';
import { protocolProblem } from '../../../api/inference/protocol-answer';
import { assertModel } from '../../../api/inference/protocol-metadata';
import { type PredictionRoute, problemAnswer } from '../../../api/inference/serve';
import { type ReportBug, toProblem } from '../../../api/problem';
import type { ServiceDirectory } from '../../../core/inference/service-directory';
import { DomainError } from '../../../core/shared/domain-error';
import { checkAnnounced, type ReadBody } from './read-body';
import { passOn, type RequestTrace, type StartTrace } from './request-trace';
import type { Send } from './send';

export interface ServiceRoutesNeeds {
  readonly directory: Pick<ServiceDirectory, 'find'>;
  readonly admit: (request: EdgeRequest) => Admitted | Promise<Admitted>;
  readonly predict: (
    admitted: Admitted,
    body: Uint8Array,
    route: PredictionRoute,
    pinned: string | undefined,
    deliver: (answer: EdgeAnswer) => void,
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

interface Wire {
  readonly send: Send;
  readonly readBody: ReadBody;
}

/** One request on its way; `startedAt` is on the monotonic clock, in milliseconds. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly startedAt: number;
}

/** Answers everything under `/services/{service}`. Nothing on the way of a prediction is awaited. */
export const serviceRoutes = ({
  directory,
  admit,
  predict,
  compare,
  admitLabels,
  takeLabels,
  metadata,
  report,
  startTrace = passOn,
  send,
  readBody,
}: ServiceRoutesNeeds & Wire) => {
  const answerPreflight = async (exchange: Exchange, service: string, method: string) => {
    const { request, response, requestId, startedAt } = exchange;
    const serving = await directory.find(service);
    const answer = preflight(serving?.service, request.headers.origin, method);
    if (!answer) throw notAllowed(method);
    send(request, response, requestId, startedAt, answer);
  };

  return (exchange: Exchange, service: string, rest: string): void => {
    const { request, response, requestId, startedAt } = exchange;
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
      const { origin } = request.headers;
      const known = origin === undefined ? undefined : directory.find(service);
      return known === undefined || known instanceof Promise
        ? []
        : corsHeaders(known.service, origin);
    };
    const deliver = (answer: EdgeAnswer): void => {
      const headers = cors.length === 0 ? answer.headers : [...answer.headers, ...cors];
      send(request, response, requestId, startedAt, { ...answer, headers });
      trace?.end(answer);
    };

    const serve = (admitted: Admitted): void => {
      if (!path) return;
      cors = corsHeaders(admitted.serving.service, request.headers.origin);
      if (methodOf(path) === 'GET') {
        deliver(metadata(admitted, path));
        return;
      }
      if (path.kind === 'infer') assertModel(path, admitted.serving);
      checkAnnounced(request);
      const run = (body: Uint8Array): void => {
        if (path.kind === 'compare') void compare(admitted, body).then(deliver);
        else if (path.kind === 'labels') void takeLabels(admitted, body).then(deliver);
        else if (path.kind === 'infer') predict(admitted, body, 'infer', path.version, deliver);
        else predict(admitted, body, 'predict', undefined, deliver);
      };
      readBody(request, response, run, fail);
    };

    try {
      if (!path) throw new DomainError('not-found', 'there is no such route');
      const method = methodOf(path);
      if (request.method === 'OPTIONS') {
        answerPreflight(exchange, service, method).catch(fail);
        return;
      }
      const given = request.method === 'HEAD' ? 'GET' : request.method;
      if (given !== method) throw notAllowed(method);
      const headers = request.headers as EdgeRequest['headers'];
      trace = startTrace({ requestId, service, kind: path.kind, headers });
      const edge = {
        service,
        headers,
        requestId,
        startedAt,
        clientIp: request.socket.remoteAddress ?? null,
        trace: trace.context,
      };
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
