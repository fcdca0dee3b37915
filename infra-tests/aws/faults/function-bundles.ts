import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../../..');

/** Bundles functions as `cdk deploy` does. @returns where the bundle of a function lies */
export const bundleFunctions = async (
  out: string,
  ...names: readonly string[]
): Promise<(name: string) => string> => {
  const banner =
    "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
  await promisify(execFile)(
    join(ROOT, 'node_modules/.bin/esbuild'),
    [
      ...names.map((name) => `lambdas/${name}.ts`),
      ...['--bundle', '--platform=node', '--format=esm', '--target=node24'],
      ...['--main-fields=module,main', '--out-extension:.js=.mjs', '--log-level=error'],
      ...[`--outdir=${out}`, `--banner:js=${banner}`],
      '--alias:@aws-sdk/credential-provider-node=./lambdas/stand-ins/environment-credentials.ts',
      '--alias:semver=./lambdas/stand-ins/semver.ts',
    ],
    { cwd: ROOT },
  );
  return (name) => join(out, `${name}.mjs`);
};
