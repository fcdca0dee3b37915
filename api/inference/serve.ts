import type { Answer } from '../../core/inference/answer';
import { noSuchVersion, type VersionChooser } from '../../core/inference/choose-version';
import type { ModelHost } from '../../core/inference/model-host';
import type { ServingService, ServingVersion } from '../../core/inference/service-directory';
import { requestNamed } from '../../core/inference/trace-context';
import type { ModelVersion } from '../../core/models/model-version';
import type { Service } from '../../core/services/service';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import type { HttpResponse } from '../http';
import { type ReportBug, toProblem } from '../problem';
import { answerJson } from './answer-json';
import { checkProtocolType, predictionType } from './content-type';
import type { Admitted, Deliver, EdgeAnswer } from './edge';
import { givenId, withHeaderId } from './given-id';
import { protocolAnswer, protocolProblem } from './protocol-answer';
import { type ProtocolRequest, readProtocol } from './protocol-request';
import { type PredictionRequest, readPrediction } from './read-request';
import type { Recorder } from './recorder';
import { compiledInputs, invoke, readOptions } from './run-version';

export interface ServeNeeds {
  readonly host: Pick<ModelHost, 'invoke'>;
  readonly chooser: Pick<VersionChooser, 'choose' | 'report'>;
  /** The model that answers under a version's name now: over a change the one before. */
  readonly modelOf: (service: string, version: string) => ModelVersion | null;
  readonly recorder: Recorder;
  /** Writes a line to the service's log. */
  readonly note: Note;
  readonly report: ReportBug;
  /** Milliseconds on the monotonic clock. */
  readonly clock: () => number;
}

export type Note = (
  service: string,
  version: string,
  level: 'warning' | 'error',
  message: string,
) => void;

/** Milliseconds from which on an answered request is marked in the log. */
const SLOW_MS = 1_000;

interface Read {
  readonly request: PredictionRequest;
  readonly protocol: ProtocolRequest | null;
}

interface Progress {
  version: ServingVersion | null;
  read: Read | null;
}

/**
 * Answers `/predict` and `/v2/…/infer`: picks a version, reads the body against its signature, has it
 * answer, remembers the request, delivers. Without a promise where the model answers at once.
 */
export const servePrediction = (needs: ServeNeeds) => {
  const { host, chooser, recorder, note, report, clock } = needs;
  const compiled = compiledInputs();

  const read = (
    admitted: Admitted,
    body: Uint8Array,
    route: PredictionRoute,
    version: ServingVersion,
  ): Read => {
    const input = compiled(version);
    const options = readOptions(admitted, version);
    if (route === 'infer') {
      const protocol = readProtocol(body, admitted.headers, input, options);
      return { request: withHeaderId(protocol.request, admitted), protocol };
    }
    const request = readPrediction(body, predictionType(admitted.headers), input, options);
    return { request: withHeaderId(request, admitted), protocol: null };
  };

  return (
    admitted: Admitted,
    body: Uint8Array,
    route: PredictionRoute,
    pinned: string | undefined,
    deliver: Deliver,
  ): void => {
    const progress: Progress = { version: null, read: null };

    const fail = (error: unknown): void => {
      const { version } = progress;
      const kind = isDomainError(error) ? error.kind : 'model-error';
      if (version) {
        chooser.report(admitted.service, version.name, kind);
        const told = modelFault(error, admitted.requestId, admitted);
        if (told) note(admitted.service, version.name, 'error', told);
      }
      const problem = toProblem(error, admitted.requestId, report);
      const answer = route === 'infer' ? protocolProblem(problem) : problemAnswer(problem);
      const type = (problem.body as { type: string }).type.replace('urn:tidegate:', '');
      const request = progress.read?.request ?? null;
      const { status } = problem;
      const protocol = route === 'infer' ? 'oip-v2' : 'mlflow';
      const clientRequestId = request ? request.clientRequestId : givenId(admitted, body, protocol);
      const what = { admitted, body, request, clientRequestId, version };
      recorder.failed({ ...what, status, errorType: type, answer }, () => deliver(answer));
    };

    const succeed = (
      answer: Answer,
      version: ServingVersion,
      { request, protocol }: Read,
    ): void => {
      chooser.report(admitted.service, version.name, null);
      const json = answerJson(answer, {
        requestId: admitted.requestId,
        clientRequestId: request.clientRequestId,
        version: version.name,
        modelVersion: version.tag,
      });
      const sent: EdgeAnswer = protocol
        ? protocolAnswer(answer, protocol, admitted.service, version, admitted.requestId)
        : {
            status: 200,
            contentType: 'application/json',
            body: json,
            headers: ['x-tidegate-version', version.name],
            modelMs: answer.modelMs,
          };
      const { modelMs } = answer;
      const took = clock() - admitted.startedAt;
      if (took > SLOW_MS) {
        const spent = `${took.toFixed(0)} ms, of them ${modelMs.toFixed(0)} ms in the model`;
        const named = requestNamed(admitted.requestId, admitted.trace);
        const slow = `slow ${named}: ${spent}, ${request.table.rows} rows`;
        note(admitted.service, version.name, 'warning', slow);
      }
      const { clientRequestId } = request;
      const what = { admitted, body, request, clientRequestId, version };
      recorder.answered({ ...what, json, modelMs, answer: sent }, () => deliver(sent));
    };

    try {
      // The media type is looked at before the state of the service: it is the caller's mistake.
      if (route === 'infer') checkProtocolType(admitted.headers);
      else predictionType(admitted.headers);
      const { headers, serving } = admitted;
      const version = chosen(
        needs,
        serving,
        pinned ?? headers['x-tidegate-version'],
        headers['x-tidegate-split-key'],
      );
      progress.version = version;
      const parsed = read(admitted, body, route, version);
      progress.read = parsed;
      const received = parsed.request.asReceived ? body : null;
      const answer = invoke(host, admitted, version, parsed.request, received);
      if (answer instanceof Promise) {
        answer.then((late) => succeed(late, version, parsed)).catch(fail);
      } else succeed(answer, version, parsed);
    } catch (error) {
      fail(error);
    }
  };
};

export type PredictionRoute = 'predict' | 'infer';

/**
 * The version that answers.
 * @throws `not-running`, `version-not-found`, `unavailable`
 */
export const chosen = (
  { chooser, modelOf }: Pick<ServeNeeds, 'chooser' | 'modelOf'>,
  { service, versions }: ServingService,
  pinned: string | undefined,
  splitKey: string | undefined,
): ServingVersion => {
  assertRunning(service);
  // One that was deleted answers a little longer to who still gives it traffic.
  if (pinned !== undefined && !versions.has(pinned)) throw noSuchVersion();
  const version = versions.get(chooser.choose(service, pinned ?? null, splitKey ?? null));
  const model = version && modelOf(service.name, version.name);
  if (version && model) return withModel(version, model);
  throw new DomainError('unavailable', 'the version is being changed', { retryAfterS: 1 });
};

/** The version with the model that answers under its name now. */
export const withModel = (version: ServingVersion, model: ModelVersion): ServingVersion =>
  model.version === version.model.version && model.model === version.model.model
    ? version
    : { name: version.name, model, tag: `${model.model}/${model.version}` };

/** @throws `not-running` */
export const assertRunning = ({ name, wanted, traffic }: Service): void => {
  if (wanted === 'stopped') throw new DomainError('not-running', `${name} is stopped`);
  if (Object.keys(traffic).length > 0) return;
  throw new DomainError('not-running', `${name} has no version yet`);
};

/**
 * What the model said, for its log; the caller is told only that it failed. Null when it is not at
 * fault. A model may quote its input, so under a capture policy its own words are left out.
 */
export const modelFault = (
  error: unknown,
  requestId: string,
  { trace, serving }: Pick<Admitted, 'trace' | 'serving'>,
): string | null => {
  if (!isDomainError(error)) return null;
  if (error.kind !== 'model-error' && error.kind !== 'model-timeout') return null;
  const hasRules = Object.keys(serving.service.capture.columns).length > 0;
  const cause = hasRules ? undefined : error.cause;
  const why = cause instanceof Error ? cause.message : cause === undefined ? '' : String(cause);
  return `${requestNamed(requestId, trace)}: ${error.message}${why === '' ? '' : `: ${why}`}`;
};

/** A problem as an answer of the prediction routes. */
export const problemAnswer = ({ status, headers, body }: HttpResponse): EdgeAnswer => {
  // The request's id goes out with every answer; it need not be said twice.
  const { 'content-type': contentType = '', 'x-request-id': _, ...rest } = headers;
  return {
    status,
    contentType,
    body: JSON.stringify(body),
    headers: Object.entries(rest).flat(),
    modelMs: null,
  };
};
