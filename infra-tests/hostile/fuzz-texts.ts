import fc from 'fast-check';
import { ABSENT, type Cell, type Frame, present } from './fuzz-frames';

const records = ({ names, data }: Frame): unknown =>
  data.map((row) =>
    Object.fromEntries(
      row.map((cell, at) => [names[at] ?? 'more', cell]).filter(([, cell]) => cell !== ABSENT),
    ),
  );
const lists = ({ names, data }: Frame): unknown =>
  Object.fromEntries(names.map((name, at) => [name, data.map((row) => present(row[at]))]));
const split = ({ names, data }: Frame): unknown => ({
  columns: names,
  data: data.map((row) => row.filter((cell) => cell !== ABSENT)),
});

const SHAPES: Readonly<Record<string, (frame: Frame) => unknown>> = {
  dataframe_split: split,
  dataframe_records: records,
  instances: records,
  inputs: lists,
};

const members = fc.constantFrom<Record<string, unknown>[]>(
  ...Array.from({ length: 20 }, () => ({})),
  { client_request_id: 'mine' },
  { client_request_id: null },
  { client_request_id: '' },
  { client_request_id: 'é' },
  { client_request_id: 'a\r\nb: c' },
  { client_request_id: 'x'.repeat(257) },
  { client_request_id: 7 },
  { params: {} },
  { params: null },
  { params: [] },
  { params: 'x' },
  { index: [1], extra: { deep: [[[]]] } },
  { inputs: [] },
  { instances: null },
);

/** Frames as JSON in one of the four shapes, with members beside them; some of it as nobody should. */
export const jsonText = (bent: fc.Arbitrary<Frame>, shapes = Object.keys(SHAPES)) =>
  fc
    .tuple(bent, fc.constantFrom(...shapes), members, fc.nat(24), fc.nat(3))
    .map(([table, shape, others, how, indent]) => {
      const value = SHAPES[shape]?.(table);
      if (how === 0) return JSON.stringify({ ...others, [shape]: [value] });
      if (how === 1) return JSON.stringify([{ [shape]: value }]);
      if (how === 2) return JSON.stringify({ ...others, [shape]: { columns: 'f', data: value } });
      if (how === 3) return JSON.stringify({ [shape]: value, ...others, [shape.toUpperCase()]: 1 });
      if (how === 4) return JSON.stringify({ [shape]: value, __proto__: null, constructor: 1 });
      return JSON.stringify({ ...others, [shape]: value }, null, indent > 1 ? indent : undefined);
    });

const csvCell = (cell: Cell, quote: number): string => {
  const plain =
    cell === null || cell === ABSENT ? '' : typeof cell === 'object' ? '{}' : String(cell);
  return quote === 0 || /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

/** Frames as CSV of any newline and quoting. */
export const csvText = (bent: fc.Arbitrary<Frame>) =>
  fc
    .tuple(bent, fc.constantFrom('\n', '\r\n', '\r'), fc.nat(3), fc.nat(8))
    .map(([{ names, data }, newline, quote, how]) => {
      const lines = [names, ...data].map((row) =>
        row.map((cell) => csvCell(cell, quote)).join(','),
      );
      if (how === 0) lines.splice(1, 0, '', '');
      if (how === 1) lines.reverse();
      return lines.join(newline) + (how % 2 ? newline : '');
    });
