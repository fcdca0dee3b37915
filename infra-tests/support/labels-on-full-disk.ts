import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labelFiles } from '../../adapters/embedded/tables/label-files';
import { isDomainError } from '../../core/shared/domain-error';

/** Brings batches of labels into a small disk until it is full, frees it, and brings the last again. */
const [, , disk = ''] = process.argv;
const folder = join(disk, 'labels');
const ballast = join(disk, 'ballast');
writeFileSync(ballast, Buffer.alloc(400_000));
const store = labelFiles(folder);

const bring = (n: number): Promise<string> => {
  const address = { example_id: null, request_id: null, client_request_id: 'x'.repeat(256) };
  const label = { ...address, row_index: 0, label: n, labelled_at: null };
  const batch = {
    batch_id: `batch-${n}`,
    service: 'wine',
    received_at: '2026-11-20T10:00:00.000Z',
  };
  return store
    .append({ ...batch, labels: Array(200).fill(label) })
    .then(() => 'kept')
    .catch((error: unknown) => (isDomainError(error) ? error.kind : String(error)));
};

const run = async (): Promise<void> => {
  let n = 0;
  let last = 'kept';
  while (last === 'kept' && n < 100) {
    n += 1;
    last = await bring(n);
  }
  const full = readdirSync(folder);
  rmSync(ballast);
  const again = await bring(n);
  process.stdout.write(JSON.stringify({ n, last, full, again, after: readdirSync(folder) }));
};
void run();
