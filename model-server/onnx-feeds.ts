import type { CellArray, Cells, Table } from '../core/inference/table';
import type { Signature } from '../core/models/signature';
import type { GraphValue } from './onnx-graph';
import type { NativeTensor } from './onnx-session';

/** A graph's input tensors, made once and filled for each call, which no other call can interrupt. */
export interface OnnxFeeds {
  readonly feeds: Readonly<Record<string, NativeTensor>>;
  fill(table: Table): void;
}

/** How a table of this signature goes into the graph. Cells that lie as the graph wants them are not copied. */
export const onnxFeeds = (graph: readonly GraphValue[], signature: Signature): OnnxFeeds => {
  const { inputs, matrix, storage } = signature;
  const width = matrix ? inputs.length : 1;
  const fed = (matrix ? graph.slice(0, 1) : inputs).map(({ name }, place) => {
    const input = graph.length === 1 ? graph[0] : graph.find((one) => one.name === name);
    if (!input) throw new Error(`the graph has no input ${name}`);
    const dims = input.dims?.length === 1 ? [0] : [0, width];
    const tensor: NativeTensor = {
      type: storage[place] ?? 'float32',
      dims,
      data: null,
      location: 'cpu',
    };
    return { name: input.name, tensor };
  });
  const tensors = fed.map(({ tensor }) => tensor);
  return {
    feeds: Object.fromEntries(fed.map(({ name, tensor }) => [name, tensor])),
    fill({ rows, cells }) {
      for (let place = 0; place < tensors.length; place++) {
        const tensor = tensors[place];
        const column = cells[place];
        if (!tensor || !column) throw new Error('the table is not of this model');
        tensor.dims[0] = rows;
        tensor.data = matrix ? start(column.values, rows * width) : gathered(column, rows);
      }
    },
  };
};

const start = (values: CellArray, length: number): CellArray => {
  if (values.length === length) return values;
  return Array.isArray(values) ? values.slice(0, length) : values.subarray(0, length);
};

const gathered = ({ values, offset, stride }: Cells, rows: number): CellArray => {
  if (offset === 0 && stride === 1) return start(values, rows);
  const column = values.slice(0, rows);
  const cells: { [place: number]: unknown } = column;
  for (let row = 0; row < rows; row++) cells[row] = values[offset + row * stride];
  return column;
};
