import type { ServingService, ServingVersion } from '../../core/inference/service-directory';
import type { ColumnType } from '../../core/models/signature';
import { DomainError } from '../../core/shared/domain-error';
import type { Admitted, EdgeAnswer } from './edge';
import type { ServicePath } from './paths';
import { OUTPUT_DATATYPES } from './protocol-answer';

interface MetadataNeeds {
  readonly isRunning: (service: string, version: string) => boolean;
  /** The platform's own version. */
  readonly release: string;
}

const INPUT_DATATYPES = {
  double: 'FP64',
  float: 'FP32',
  integer: 'INT32',
  long: 'INT64',
  string: 'BYTES',
  boolean: 'BOOL',
  datetime: 'BYTES',
} as const satisfies Record<ColumnType, string>;

const json = (value: unknown, status = 200): EdgeAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
  headers: [],
  modelMs: null,
});

/** The GET routes of the Open Inference Protocol. */
export const protocolMetadata =
  ({ isRunning, release }: MetadataNeeds) =>
  ({ serving, service }: Admitted, path: ServicePath): EdgeAnswer => {
    const running = [...serving.versions.values()].filter(({ name }) => isRunning(service, name));
    switch (path.kind) {
      case 'live':
        return json({ live: true });
      case 'ready':
        return json({ ready: running.length > 0 }, running.length > 0 ? 200 : 503);
      case 'model-ready': {
        assertModel(path, serving);
        const ready = running.some(
          ({ name }) => path.version === undefined || name === path.version,
        );
        return json({ name: service, ready }, ready ? 200 : 503);
      }
      case 'model': {
        assertModel(path, serving);
        return json(modelOf(path.version, serving, running));
      }
      default:
        return json({ name: 'tidegate', version: release, extensions: ['binary_tensor_data'] });
    }
  };

/** The protocol's model is the service. @throws `not-found`, `version-not-found` */
export const assertModel = (
  { model, version }: { readonly model: string; readonly version: string | undefined },
  { service, versions }: ServingService,
): void => {
  if (model !== service.name) {
    throw new DomainError('not-found', `the model of this service is called ${service.name}`);
  }
  if (version === undefined || versions.has(version)) return;
  throw new DomainError('version-not-found', 'this service has no such version');
};

const modelOf = (
  pinned: string | undefined,
  { service, versions }: ServingService,
  running: readonly ServingVersion[],
) => {
  const shown =
    pinned === undefined ? (running[0] ?? [...versions.values()][0]) : versions.get(pinned);
  if (!shown) throw new DomainError('not-running', `${service.name} has no version yet`);
  const { inputs, output, positional } = shown.model.signature;
  const columns = inputs.map(({ name, type }) => ({
    name,
    datatype: INPUT_DATATYPES[type],
    shape: [-1],
  }));
  const matrix = { name: 'input', datatype: 'FP64', shape: [-1, inputs.length] };
  const shape = output.width === 1 ? [-1] : [-1, output.width];
  return {
    name: service.name,
    versions: running.map(({ name }) => name),
    platform: shown.model.runtime === 'onnx' ? 'onnx_onnxruntime' : shown.model.flavor,
    inputs: positional ? [matrix] : columns,
    outputs: [
      { name: 'predictions', datatype: OUTPUT_DATATYPES[output.type], shape },
      ...(output.classes
        ? [{ name: 'probabilities', datatype: 'FP64', shape: [-1, output.classes.length] }]
        : []),
    ],
  };
};
