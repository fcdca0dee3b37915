// Bundles functions of the AWS home, as they are uploaded:
//   node bin/bundle-function.mjs <folder> <name>…     of lambdas/<name>.ts it makes <folder>/<name>/index.mjs
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, glob, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The SDK describes each operation in literals whose keys are constants (`{ [_h]: … }`). To esbuild
 * such a key may do anything, so it keeps all operations of a client; with the key's text written out
 * it keeps those that are used. Of its package.json a client reads its version. What is for other engines
 * than Node goes.
 */
const onlyWhatIsUsed = {
  name: 'only-what-is-used',
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]@aws-sdk[/\\].*[/\\]schemas_\d+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const constants = new Map(
        [...text.matchAll(/^const (\w+) = ("[^"\\]*");$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      );
      const written = (key, name) => (constants.has(name) ? `${constants.get(name)}:` : key);
      return { contents: text.replaceAll(/\[(\w+)\]:/g, written), loader: 'js' };
    });
    onLoad({ filter: /[/\\]@aws-sdk[/\\]client-[^/\\]+[/\\]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
    // Hashes in JavaScript are for engines without those of Node.
    onLoad({ filter: /[/\\]@(aws-sdk|smithy)[/\\].*[/\\]Sha\d+Js\.js$/ }, ({ path }) => ({
      contents: `export class ${basename(path, '.js')} {
        constructor() { throw new Error('Node has no such hash'); }
      }`,
      loader: 'js',
    }));
  },
};

const bundle = (folder, name) =>
  build({
    absWorkingDir: root,
    entryPoints: { index: `lambdas/${name}.ts` },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported when it is needed is a file of its own, which no cold start reads.
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    // What a function never needs, and would read at each cold start.
    alias: {
      '@aws-sdk/credential-provider-node': './lambdas/stand-ins/environment-credentials.ts',
      '@smithy/core/event-streams': './lambdas/stand-ins/no-event-streams.ts',
      // The same in ES modules, of which esbuild keeps what is used.
      yaml: './node_modules/yaml/browser/index.js',
    },
    // What the SDK imports in browsers alone.
    external: ['bowser'],
    plugins: [onlyWhatIsUsed],
    // Packages in CommonJS call require for Node's own modules.
    banner: {
      js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    },
  });

const LOCK = 'node_modules/.package-lock.json';
/** Of all that bundles are made of. */
const fingerprint = async () => {
  const sources = ['bin/bundle-function.mjs', 'tsconfig.json', LOCK];
  for await (const file of glob('{adapters,api,core,lambdas}/**/*.{ts,json}', { cwd: root })) {
    if (!file.endsWith('.test.ts')) sources.push(file);
  }
  const hash = createHash('sha256');
  for (const file of sources.sort((one, other) => (one < other ? -1 : 1))) {
    const text = await readFile(join(root, file));
    hash.update(`${file} ${text.length}\n`).update(text);
  }
  return hash.digest('hex').slice(0, 32);
};

const BUNDLES = join(root, '.cache/functions');
/** Copies what was bundled before of the same: not every `cdk diff` and `deploy` need do it. */
const bundleOnce = async (folder, names) => {
  const kept = join(BUNDLES, await fingerprint());
  const bundled = async (name) => {
    const [from, to] = [join(kept, name), resolve(folder, name)];
    if (!existsSync(from)) {
      const draft = `${from}.${randomUUID()}`;
      await bundle(draft, name);
      // Somebody else may have been as fast.
      await rename(draft, from).catch(() => rm(draft, { recursive: true }));
    }
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true });
  };
  await Promise.all(names.map(bundled));
  await dropOld(kept);
};

const KEPT_MS = 24 * 3_600_000;
const dropOld = async (kept) => {
  for (const other of await readdir(BUNDLES)) {
    const path = join(BUNDLES, other);
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const isOld = path !== kept && written < Date.now() - KEPT_MS;
    if (isOld) await rm(path, { recursive: true, force: true });
  }
};

const [folder, ...names] = process.argv.slice(2);
// Where npm has not said which packages there are, they may change unseen.
if (existsSync(join(root, LOCK))) await bundleOnce(folder, names);
else await Promise.all(names.map((name) => bundle(resolve(folder, name), name)));
