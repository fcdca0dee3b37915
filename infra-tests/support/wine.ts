import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import type { Caller } from './api';
import { temporaryFolder, wineModel, wineModelV2 } from './platform';

interface Split {
  readonly columns: readonly string[];
  readonly data: readonly (readonly number[])[];
}

/** The rows that come with the wine model, and what v1 answers for them. */
export const example: Split = JSON.parse(
  readFileSync(join(wineModel, 'input_example.json'), 'utf8'),
);
export const expected: { readonly predictions: readonly number[] } = JSON.parse(
  readFileSync(join(wineModel, 'expected_output.json'), 'utf8'),
);
export const wineBody = { dataframe_split: { columns: example.columns, data: example.data } };

/** Uploads a wine model and registers it; answers the version's number. */
export const registerWine = async (operator: Caller, model: string, v2 = false) => {
  const file = join(temporaryFolder(), 'model.tar.gz');
  await create({ gzip: true, file, cwd: v2 ? wineModelV2 : wineModel }, ['.']);
  const { body: upload } = await operator('/api/uploads', { method: 'POST' });
  const bytes = readFileSync(file);
  // The address is its own permission: S3 refuses a second one.
  const sent = await fetch(upload.url, { method: upload.method, body: new Uint8Array(bytes) });
  expect(sent.status).toBe(200);
  const registered = await operator(`/api/models/${model}/versions`, {
    body: { source: { upload: upload.upload_id } },
  });
  expect(registered).toMatchObject({ status: 201, body: { model, flavor: 'onnx' } });
  return Number(registered.body.version);
};
