import { predictionsJson, probabilitiesJson } from '../api/inference/answer-json';
import { compileInput } from '../api/inference/compiled-input';
import { checkProtocolType, predictionType } from '../api/inference/content-type';
import type { EdgeAnswer } from '../api/inference/edge';
import { parseJson } from '../api/inference/parse-json';
import { protocolAnswer } from '../api/inference/protocol-answer';
import { readProtocol } from '../api/inference/protocol-request';
import { readPrediction } from '../api/inference/read-request';
import type { Answer } from '../core/inference/answer';
import type { Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import { isObject } from './json-value';

interface Needs {
  readonly model: { readonly name: string; readonly version: string };
  readonly signature: Signature;
  readonly predict: (table: Table) => Promise<Answer>;
}

export type Headers = Readonly<Record<string, string | undefined>>;

/** Answers the body of one `POST /invocations`. @throws DomainError */
export type Invoke = (headers: Headers, body: Buffer, requestId: string) => Promise<EdgeAnswer>;

/** What any service may ask for at once. */
const MAX_ROWS = 10_000;

/** Speaks MLflow's shapes, and the Open Inference Protocol to whom sends its tensors. */
export const invocations = ({ model, signature, predict }: Needs): Invoke => {
  const input = compileInput(signature);
  const options = { maxRows: MAX_ROWS, positional: signature.positional };

  return async (headers, body, requestId) => {
    if (isProtocol(headers, body)) {
      checkProtocolType(headers);
      const protocol = readProtocol(body, headers, input, options);
      const answer = await predict(protocol.request.table);
      const version = { name: model.version, model: { signature } };
      return protocolAnswer(answer, protocol, model.name, version, requestId);
    }
    const { table } = readPrediction(body, predictionType(headers), input, options);
    const answer = await predict(table);
    return {
      status: 200,
      contentType: 'application/json',
      body: answerText(answer),
      headers: [],
      modelMs: answer.modelMs,
    };
  };
};

const answerText = (answer: Answer): string => {
  const probabilities = probabilitiesJson(answer);
  const more = probabilities === null ? '' : `,"probabilities":${probabilities}`;
  return `{"predictions":${predictionsJson(answer)}${more}}`;
};

/** Tensors have a datatype: few bodies have to be looked into for it. */
const isProtocol = (headers: Headers, body: Buffer): boolean => {
  if (headers['inference-header-content-length'] !== undefined) return true;
  if (headers['content-type']?.startsWith('text/csv') || !body.includes('"datatype"')) return false;
  const { inputs } = parseJson(body).value;
  return Array.isArray(inputs) && inputs.every(isTensor);
};

const isTensor = (input: unknown): boolean =>
  isObject(input) && typeof input.datatype === 'string' && Array.isArray(input.shape);
