import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/platform';
import { wineBody } from '../support/wine';
import { processModel } from './process-model';

/** Texts and numbers that nobody else writes, so that each of them is found wherever it went. */
export const VALUES = {
  HASHED: 'hashed-Kestrel-51',
  MASKED: 'masked-Plover-62',
  DROPPED: 'dropped-Dunlin-73',
  SPLIT_KEY: 'split-Whimbrel-84',
  ALCOHOL: 13.37424242,
  PH: 3.14151515,
  DENSITY: 0.99616161,
} as const;

/** A model of a process that sums two numbers and is given three texts besides. */
const textModel = (): { path: string; env: Readonly<Record<string, string>> } => {
  const { env } = processModel();
  const path = join(temporaryFolder(), 'model');
  mkdirSync(path);
  const column = (type: string) => (name: string) => ({ name, type, required: true });
  const inputs = [
    ...['a', 'b'].map(column('double')),
    ...['hashed', 'masked', 'dropped'].map(column('string')),
  ];
  const signature = {
    inputs: JSON.stringify(inputs),
    outputs: JSON.stringify([{ name: 'sum', type: 'double', required: true }]),
  };
  const flavors = { python_function: { loader_module: 'none' }, sklearn: {} };
  writeFileSync(join(path, 'MLmodel'), JSON.stringify({ flavors, signature }));
  return { path, env };
};

const { path, env } = textModel();

/** For the platform, so that it finds the model of a process. */
export { env };

const open = 'throttle: { rate: 100000, burst: 100000 }';
const wine = './examples/wine/model';

/** Two services whose columns have rules, and one that keeps addresses. */
export const manifest = `
services:
  omega:
    ${open}
    capture: { columns: { hashed: hash, masked: mask, dropped: drop } }
    versions: { v1: { model: ${path}, environment: { CHILD_VARIABLE: given } } }
    keys: [first, second]
  beta:
    ${open}
    capture: { columns: { alcohol: hash, pH: mask, density: drop } }
    versions: { v1: { model: ${wine}, weight: 50 }, v2: { model: ${wine}-v2, weight: 50 } }
    keys: [first]
  gamma:
    ${open}
    auth: false
    capture: { client_ip: true }
    versions: { v1: { model: ${wine} } }
`;

/** A row for `omega`. */
export const record = (a: number, b = 0) => ({
  ...{ a, b },
  ...{ hashed: VALUES.HASHED, masked: VALUES.MASKED, dropped: VALUES.DROPPED },
});

/** A row for `beta`. */
export const wineRecord = {
  ...Object.fromEntries(
    wineBody.dataframe_split.columns.map((name, at) => [
      name,
      wineBody.dataframe_split.data[0]?.[at],
    ]),
  ),
  alcohol: VALUES.ALCOHOL,
  pH: VALUES.PH,
  density: VALUES.DENSITY,
};

/** A row as `dataframe_split`. */
export const split = (one: object) => ({
  dataframe_split: { columns: Object.keys(one), data: [Object.values(one)] },
});

/** A row under its header. */
export const csv = (one: object) => `${Object.keys(one)}\n${Object.values(one)}\n`;

/** A row as `inputs` by column. */
export const lists = (one: object) => ({
  inputs: Object.fromEntries(Object.entries(one).map(([name, value]) => [name, [value]])),
});

/** A row in the inference protocol. */
export const tensors = (one: object) => ({
  inputs: Object.entries(one).map(([name, value]) => ({
    name,
    shape: [1],
    datatype: typeof value === 'string' ? 'BYTES' : 'FP64',
    data: [value],
  })),
});
