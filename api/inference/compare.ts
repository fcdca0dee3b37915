import type { Answer } from '../../core/inference/answer';
import type { ServingVersion } from '../../core/inference/service-directory';
import { DomainError } from '../../core/shared/domain-error';
import { toProblem } from '../problem';
import { answerJson, predictionsJson, probabilitiesJson } from './answer-json';
import { predictionType } from './content-type';
import type { Admitted, EdgeAnswer } from './edge';
import { givenId, withHeaderId } from './given-id';
import { type PredictionRequest, readPrediction } from './read-request';
import type { Handled, Pairing } from './recorder';
import { compiledInputs, invoke, readOptions } from './run-version';
import { assertRunning, modelFault, problemAnswer, type ServeNeeds, withModel } from './serve';

interface CompareNeeds
  extends Pick<ServeNeeds, 'host' | 'modelOf' | 'recorder' | 'note' | 'report'> {
  readonly newId: () => string;
}

interface Outcome {
  readonly version: ServingVersion;
  readonly answer: Answer | null;
  /** The version's place in the answer, as JSON. */
  readonly json: string;
  readonly error: unknown;
}

/** Has every running version answer the same rows; one that fails is reported in its place. */
export const serveComparison = (needs: CompareNeeds) => {
  const { host, modelOf, recorder, note, report, newId } = needs;
  const compiled = compiledInputs();

  const outcomeOf = async (
    admitted: Admitted,
    body: Uint8Array,
    version: ServingVersion,
  ): Promise<Outcome> => {
    const requestId = newId();
    const pairing = { requestId, role: 'compare', primaryRequestId: admitted.requestId } as const;
    let request: PredictionRequest | null = null;
    try {
      const options = readOptions(admitted, version);
      const type = predictionType(admitted.headers);
      const read = withHeaderId(readPrediction(body, type, compiled(version), options), admitted);
      request = read;
      const received = read.asReceived ? body : null;
      const answer = await invoke(host, { ...admitted, requestId }, version, read, received);
      const { clientRequestId } = read;
      const json = answerJson(answer, {
        requestId,
        clientRequestId,
        version: version.name,
        modelVersion: version.tag,
      });
      const { modelMs } = answer;
      const handled = { admitted, body, request: read, clientRequestId, version };
      const what = { ...handled, json, modelMs, answer: { body: json } };
      await new Promise<void>((settled) => {
        recorder.answered(what, settled, pairing);
      });
      return { version, answer, json: answerPart(answer), error: null };
    } catch (error) {
      const told = modelFault(error, requestId, admitted);
      if (told) note(admitted.service, version.name, 'error', told);
      const clientRequestId = request ? request.clientRequestId : givenId(admitted, body, 'mlflow');
      const handled = { admitted, body, request, clientRequestId, version };
      const { body: problem } = await recorded(handled, pairing, error);
      const json = JSON.stringify({ error: problem });
      return { version, answer: null, json, error };
    }
  };

  /** The problem that an error is, once it is remembered. */
  const recorded = async (handled: Handled, pairing: Pairing, error: unknown) => {
    const problem = toProblem(error, pairing.requestId, report);
    const { status, body } = problem;
    const errorType = (body as { type: string }).type.replace('urn:tidegate:', '');
    const what = { ...handled, status, errorType, answer: { body: JSON.stringify(body) } };
    await new Promise<void>((settled) => {
      recorder.failed(what, settled, pairing);
    });
    return problem;
  };

  /** @throws `unsupported-media-type`, `not-running`, `unavailable` */
  const versionsFor = ({ headers, serving }: Admitted): readonly ServingVersion[] => {
    predictionType(headers);
    const { service, versions } = serving;
    assertRunning(service);
    const running = [...versions.values()].flatMap((version) => {
      const model = modelOf(service.name, version.name);
      return model ? [withModel(version, model)] : [];
    });
    if (running.length === 0) {
      throw new DomainError('unavailable', 'no version is ready to answer', { retryAfterS: 1 });
    }
    return running.sort((one, other) => (one.name < other.name ? -1 : 1));
  };

  /** No version was asked: what is remembered is the request itself. */
  const refused = async (admitted: Admitted, body: Uint8Array, error: unknown) => {
    const clientRequestId = givenId(admitted, body, 'mlflow');
    const { requestId } = admitted;
    const handled = { admitted, body, request: null, clientRequestId, version: null };
    const pairing = { requestId, role: 'compare', primaryRequestId: null } as const;
    return problemAnswer(await recorded(handled, pairing, error));
  };

  const compare = async (
    admitted: Admitted,
    body: Uint8Array,
    running: readonly ServingVersion[],
  ): Promise<EdgeAnswer> => {
    const outcomes = await Promise.all(
      running.map((version) => outcomeOf(admitted, body, version)),
    );
    const [first] = outcomes;
    // No error is sent under 200: when all fail, the first one's error is the answer.
    if (first && outcomes.every(({ answer }) => answer === null)) throw first.error;
    const parts = outcomes.map(({ version, json }) => `"${version.name}":${json}`);
    const json =
      `{"request_id":"${admitted.requestId}","versions":{${parts.join(',')}},` +
      `"deltas":${deltasJson(outcomes)}}`;
    const modelMs = Math.max(...outcomes.map(({ answer }) => answer?.modelMs ?? 0));
    return { status: 200, contentType: 'application/json', body: json, headers: [], modelMs };
  };

  return async (admitted: Admitted, body: Uint8Array): Promise<EdgeAnswer> => {
    let running: readonly ServingVersion[];
    try {
      running = versionsFor(admitted);
    } catch (error) {
      return refused(admitted, body, error);
    }
    return compare(admitted, body, running).catch((error) =>
      problemAnswer(toProblem(error, admitted.requestId, report)),
    );
  };
};

const answerPart = (answer: Answer): string => {
  const probabilities = probabilitiesJson(answer);
  const more = probabilities === null ? '' : `,"probabilities":${probabilities}`;
  return `{"predictions":${predictionsJson(answer)}${more}}`;
};

/** Of each later version against the first that answered: differences of numbers, else agreement. */
const deltasJson = (outcomes: readonly Outcome[]): string => {
  const answered = outcomes.flatMap(({ version, answer }) =>
    answer
      ? [{ name: version.name, values: JSON.parse(predictionsJson(answer)) as unknown[] }]
      : [],
  );
  const [first, ...others] = answered;
  if (!first) return '{}';
  const entries = others.map(({ name, values }) => [
    name,
    values.map((value, row) => delta(value, first.values[row])),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
};

const delta = (value: unknown, first: unknown): number | boolean | null => {
  if (value === null || first === null) return null;
  if (typeof value === 'number' && typeof first === 'number') return value - first;
  return JSON.stringify(value) === JSON.stringify(first);
};
