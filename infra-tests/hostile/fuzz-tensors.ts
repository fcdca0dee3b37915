import fc from 'fast-check';
import { type Cell, type Frame, present } from './fuzz-frames';
import type { Sent } from './validity-oracle';

const DATATYPES = ['FP64', 'FP32', 'INT64', 'INT32', 'INT16', 'INT8', 'UINT64', 'UINT32'];
const ALL_TYPES = [...DATATYPES, 'UINT16', 'UINT8', 'BOOL', 'BYTES', 'FP16', 'fp64', 'toString'];
const FITTING: Readonly<Record<string, string>> = {
  f: 'FP64',
  i: 'INT32',
  l: 'INT64',
  s: 'BYTES',
  b: 'BOOL',
};

const packed = (cells: readonly Cell[], datatype: string): Buffer =>
  Buffer.concat(
    cells.map((cell) => {
      const number = typeof cell === 'number' ? cell : Number.NaN;
      const whole = Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
      const bytes = Buffer.alloc(8);
      if (datatype === 'FP64') bytes.writeDoubleLE(number);
      else if (datatype === 'FP32') bytes.writeFloatLE(number);
      else if (datatype === 'BOOL') bytes[0] = cell === true ? 1 : cell === false ? 0 : 2;
      else bytes.writeBigInt64LE(BigInt.asIntN(64, whole));
      if (datatype === 'BYTES') {
        const own = Buffer.from(typeof cell === 'string' ? cell : String(JSON.stringify(cell)));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(own.length);
        return Buffer.concat([length, own]);
      }
      const width = Number(/\d+$/.exec(datatype)?.[0] ?? 8) / 8;
      return bytes.subarray(0, width);
    }),
  );

interface TensorOptions {
  readonly how: number;
  readonly binary: number;
  readonly datatype: string;
  readonly nested: boolean;
}

const tensorBody = ({ names, data }: Frame, { how, binary, datatype, nested }: TensorOptions) => {
  const behind: Buffer[] = [];
  const inputs = names.map((name, at) => {
    const cells = data.map((row) => present(row[at]));
    const type = how === 0 && at === 0 ? datatype : (FITTING[name] ?? 'FP64');
    const shape: unknown =
      how === 1 && at === 1
        ? [cells.length + 1]
        : how === 2 && at === 1
          ? [1, cells.length]
          : how === 3 && at === 1
            ? [-1]
            : how === 4 && at === 1
              ? [1e15, 1e15]
              : nested
                ? [cells.length, 1]
                : [cells.length];
    if ((binary >> at) & 1) {
      const bytes = packed(cells, type);
      behind.push(bytes);
      const size =
        how === 5 && at === 2 ? bytes.length - 1 : how === 6 && at === 2 ? 1e9 : bytes.length;
      return { name, shape, datatype: type, parameters: { binary_data_size: size } };
    }
    return { name, shape, datatype: type, data: nested ? cells.map((cell) => [cell]) : cells };
  });
  return { inputs, behind: Buffer.concat(behind) };
};

const tensorMembers = fc.constantFrom<Record<string, unknown>[]>(
  ...Array.from({ length: 14 }, () => ({})),
  { id: 'mine' },
  { id: 'é\n' },
  { id: 7 },
  { id: 'x'.repeat(257) },
  { outputs: [{ name: 'predictions' }] },
  { outputs: [{ name: 'frob' }] },
  { outputs: {} },
  { parameters: 'none' },
);

/** Frames as requests of the inference protocol: JSON, binary tensors or both. */
export const tensors = (bent: fc.Arbitrary<Frame>) =>
  fc
    .tuple(
      bent,
      tensorMembers,
      fc.record({
        how: fc.nat(20),
        binary: fc.oneof(fc.constant(0), fc.nat(31)),
        datatype: fc.constantFrom(...ALL_TYPES),
        nested: fc.boolean(),
      }),
    )
    .map(([table, others, options]) => {
      const { inputs, behind } = tensorBody(table, options);
      const head = Buffer.from(JSON.stringify({ ...others, inputs }));
      const said = options.how === 7 ? head.length + 1 : options.how === 8 ? -1 : head.length;
      const isBinary = behind.length > 0 || options.how === 8;
      return {
        body: Buffer.concat([head, behind]),
        headers: (isBinary
          ? { 'inference-header-content-length': `${said}` }
          : {}) as Sent['headers'],
      };
    });
