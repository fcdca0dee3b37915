import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelBatch } from '../../../core/tables/label';
import { labelFiles } from './label-files';
import { labelOf } from './labels-fixture';

const root = mkdtempSync(join(tmpdir(), 'tidegate-labels-'));
afterAll(() => rmSync(root, { recursive: true }));

const batchOf = (batch_id: string, labels: LabelBatch['labels']): LabelBatch => ({
  ...{ batch_id, service: 'wine', received_at: '2026-11-20T10:00:00.000Z', labels },
});
const one = labelOf({ any: 'json' }, { client_request_id: 'c' });

describe('batches of labels as files', () => {
  it('are a line per label, in their order, received when nothing says when they were labelled', async () => {
    const folder = join(root, 'lines');
    const known = '2026-11-19T10:00:00.000Z';
    await labelFiles(folder).append(batchOf('b', [one, labelOf(2, { request_id: 'r' }, known)]));
    const lines = readFileSync(join(folder, 'b.ndjson'), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        client_request_id: 'c',
        label: '{"any":"json"}',
        position: 0,
        labelled_at: '2026-11-20T10:00:00.000Z',
      },
      { request_id: 'r', label: '2', position: 1, labelled_at: known },
    ]);
  });

  it('are kept once, however many bring them at the same time', async () => {
    const folder = join(root, 'same');
    const store = labelFiles(folder);
    const batch = batchOf('b', Array(1_000).fill(one));
    await Promise.all(Array.from({ length: 20 }, () => store.append(batch)));
    await store.append({ ...batch, received_at: '2027-01-01T00:00:00.000Z' });
    expect(readdirSync(folder)).toEqual(['b.ndjson']);
    const text = readFileSync(join(folder, 'b.ndjson'), 'utf8');
    expect(text.split('\n')).toHaveLength(1_001);
    expect(text).not.toContain('2027');
  });

  it('leave no draft of a process that was killed', async () => {
    const folder = join(root, 'left');
    await labelFiles(folder).append(batchOf('whole', [one]));
    writeFileSync(join(folder, 'half.ndjson.12.tmp'), '{"service":');
    labelFiles(folder);
    expect(readdirSync(folder)).toEqual(['whole.ndjson']);
  });
});
