import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = join(__dirname, '../../../bin/bundle-function.mjs');

/** Bundles functions as `cdk deploy` does. @returns where the bundle of a function lies */
export const bundleFunctions = async (
  out: string,
  ...names: readonly string[]
): Promise<(name: string) => string> => {
  await promisify(execFile)(process.execPath, [PROGRAM, out, ...names]);
  return (name) => join(out, name, 'index.mjs');
};
