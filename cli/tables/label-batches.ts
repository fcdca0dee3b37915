import { CliError } from '../cli-error';
import type { CsvBatch } from '../inference/csv-batches';

interface Limits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

const START = '{"labels":[';
const END = ']}';

/**
 * Cuts labels in JSON, an array or `{"labels": […]}`, into calls. They are read whole: a CSV may be of
 * any size.
 * @throws CliError when they are no such thing, or one is larger than a call
 */
export async function* labelBatches(
  pieces: AsyncIterable<Uint8Array>,
  { maxRows, maxBytes }: Limits,
): AsyncGenerator<CsvBatch> {
  const room = maxBytes - START.length - END.length;
  let texts: string[] = [];
  let bytes = 0;
  let firstRow = 0;
  const batch = (isLast: boolean): CsvBatch => {
    const body = new Uint8Array(Buffer.from(`${START}${texts.join(',')}${END}`));
    const made = { body, firstRow, rows: texts.length, isLast };
    firstRow += texts.length;
    texts = [];
    bytes = 0;
    return made;
  };
  for (const label of await labelsIn(pieces)) {
    const text = JSON.stringify(label);
    const size = Buffer.byteLength(text) + 1;
    if (size > room) throw new CliError(`label ${firstRow + texts.length} is larger than a call`);
    if (texts.length === maxRows || bytes + size > room) yield batch(false);
    texts.push(text);
    bytes += size;
  }
  yield batch(true);
}

const labelsIn = async (pieces: AsyncIterable<Uint8Array>): Promise<readonly unknown[]> => {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  const value = parsed(Buffer.concat(parts).toString());
  const labels = Array.isArray(value) ? value : (value as { labels?: unknown } | null)?.labels;
  if (Array.isArray(labels)) return labels;
  throw new CliError('the labels are no JSON array, and no {"labels": […]}');
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError('the labels are no JSON; is it CSV? --format csv says so');
  }
};
