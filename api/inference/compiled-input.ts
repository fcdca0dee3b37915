import type { InputColumn, Signature, Storage } from '../../core/models/signature';

/** A `columns` array that callers send, as bytes, and where its cells belong. */
export interface KnownHeader {
  readonly bytes: Uint8Array;
  /** Per cell of a row: the position in the signature, or -1 for a column nobody asked for. */
  readonly order: Int32Array;
}

/** A signature made ready for reading requests. */
export interface CompiledInput {
  readonly signature: Signature;
  readonly columns: readonly InputColumn[];
  readonly positionOf: ReadonlyMap<string, number>;
  /** The one type of memory of an all-`double`/`float` signature, else null: the fast path's condition. */
  readonly numbers: 'float32' | 'float64' | null;
  /** Headers seen lately; the fast path compares bytes instead of names. */
  readonly headers: KnownHeader[];
}

/** Makes a signature ready; once per model, since the headers it has seen are remembered in it. */
export const compileInput = (signature: Signature): CompiledInput => ({
  signature,
  columns: signature.inputs,
  positionOf: new Map(signature.inputs.map(({ name }, position) => [name, position])),
  numbers: numbersOf(signature),
  headers: [],
});

const numbersOf = ({ inputs, storage }: Signature): 'float32' | 'float64' | null => {
  const [first]: readonly (Storage | undefined)[] = storage;
  const floats = inputs.every(({ type }) => type === 'double' || type === 'float');
  const same = storage.every((one) => one === first);
  return floats && same && (first === 'float32' || first === 'float64') ? first : null;
};
