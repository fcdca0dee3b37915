import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelBatch, LabelStore } from '../../../core/tables/label';
import { labelLines } from '../../../core/tables/label-lines';
import { orFullDisk } from '../full-disk';
import { ifThere } from '../if-there';

/** Labels in files, one per batch, until the builder has them in its tables. One such per folder. */
export const labelFiles = (folder: string): LabelStore => {
  // Drafts that a process which was killed has left.
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    if (file.endsWith('.tmp')) rmSync(join(folder, file), { force: true });
  }
  const write = async (batch: LabelBatch): Promise<void> => {
    const path = join(folder, `${batch.batch_id}.ndjson`);
    if (!(await ifThere(stat(path)))) await put(path, batch);
    // Also of one that is there: whoever brought it may not have come so far.
    const within = await open(folder, 'r');
    await within.sync().finally(() => within.close());
  };
  const put = async (path: string, batch: LabelBatch): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Two that bring the same batch at once each write a draft of their own.
    const draft = `${path}.${process.hrtime.bigint()}.tmp`;
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(labelLines(batch));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  };
  return {
    append: (batch) =>
      write(batch).catch((error: unknown) => {
        throw orFullDisk(error);
      }),
  };
};
