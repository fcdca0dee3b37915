import type { Answer } from '../../core/inference/answer';
import type { OutputSignature, Signature } from '../../core/models/signature';
import type { HttpResponse } from '../http';
import type { EdgeAnswer } from './edge';
import type { ProtocolRequest } from './protocol-request';

/** As much of a version as an answer tells of it. */
interface AnsweringVersion {
  readonly name: string;
  readonly model: { readonly signature: Pick<Signature, 'output'> };
}

interface OutputTensor {
  readonly name: 'predictions' | 'probabilities';
  readonly datatype: (typeof OUTPUT_DATATYPES)[OutputSignature['type']];
  readonly shape: readonly number[];
  readonly values: ArrayLike<number | bigint | string | boolean | null>;
}

/** The protocol's datatypes of predictions. */
export const OUTPUT_DATATYPES = {
  double: 'FP64',
  long: 'INT64',
  boolean: 'BOOL',
  string: 'BYTES',
} as const satisfies Record<OutputSignature['type'], string>;

const outputsOf = (answer: Answer, { model }: AnsweringVersion): OutputTensor[] => {
  const { predictions, width, probabilities } = answer;
  const rows = predictions.length / width;
  const first: OutputTensor = {
    name: 'predictions',
    datatype: OUTPUT_DATATYPES[model.signature.output.type],
    shape: width === 1 ? [rows] : [rows, width],
    values: predictions,
  };
  if (!probabilities) return [first];
  const { classes, values } = probabilities;
  const shape = [values.length / classes.length, classes.length];
  return [first, { name: 'probabilities', datatype: 'FP64', shape, values }];
};

/** An answer of the Open Inference Protocol, its tensors as JSON or behind it as bytes. */
export const protocolAnswer = (
  answer: Answer,
  { id, wanted }: ProtocolRequest,
  service: string,
  version: AnsweringVersion,
  requestId: string,
): EdgeAnswer => {
  const binaries: Uint8Array[] = [];
  const outputs = outputsOf(answer, version)
    .filter(({ name }) => wanted.names === null || wanted.names.has(name))
    .map(({ values, ...tensor }) => {
      if (!wanted.binary(tensor.name)) return { ...tensor, data: Array.from(values, jsonCell) };
      const bytes = bytesOf(tensor.datatype, values);
      binaries.push(bytes);
      return { ...tensor, parameters: { binary_data_size: bytes.length } };
    });
  const head = new TextEncoder().encode(
    JSON.stringify({
      model_name: service,
      model_version: version.name,
      id: id ?? requestId,
      outputs,
    }),
  );
  const binary = binaries.length > 0;
  return {
    status: 200,
    contentType: binary ? 'application/octet-stream' : 'application/json',
    body: binary ? joined([head, ...binaries]) : head,
    headers: [
      ...(binary ? ['inference-header-content-length', String(head.length)] : []),
      'x-tidegate-version',
      version.name,
    ],
    modelMs: answer.modelMs,
  };
};

/** The protocol's own shape of an error: `{"error": "text"}`. */
export const protocolProblem = ({ status, headers, body }: HttpResponse): EdgeAnswer => {
  const { 'content-type': _type, 'x-request-id': _id, ...rest } = headers;
  return {
    status,
    contentType: 'application/json',
    body: JSON.stringify({ error: (body as { detail: string }).detail }),
    headers: Object.entries(rest).flat(),
    modelMs: null,
  };
};

const jsonCell = (value: number | bigint | string | boolean | null) => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'bigint' ? Number(value) : value;
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Little-endian, as the protocol's binary extension asks; texts behind their length. */
const bytesOf = (
  datatype: OutputTensor['datatype'],
  values: OutputTensor['values'],
): Uint8Array<ArrayBufferLike> => {
  switch (datatype) {
    case 'FP64':
      return new Uint8Array(
        Float64Array.from(values, (value) => Number(value ?? Number.NaN)).buffer,
      );
    case 'INT64':
      return new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value ?? 0)).buffer);
    case 'BOOL':
      return Uint8Array.from(values, (value) => (value ? 1 : 0));
    case 'BYTES':
      return joined(
        Array.from(values, (value) => {
          const text = new TextEncoder().encode(String(value ?? ''));
          const whole = new Uint8Array(4 + text.length);
          new DataView(whole.buffer).setUint32(0, text.length, true);
          whole.set(text, 4);
          return whole;
        }),
      );
  }
};
