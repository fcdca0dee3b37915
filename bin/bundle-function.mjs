// Bundles functions of the AWS home, as they are uploaded:
//   node bin/bundle-function.mjs <folder> <name>…     of lambdas/<name>.ts it makes <folder>/<name>/index.mjs
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The SDK describes each operation in literals whose keys are constants (`{ [_h]: … }`). To esbuild
 * such a key may do anything, so it keeps all operations of a client; with the key's text written out
 * it keeps those that are used. Of its package.json a client reads its version.
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
  },
};

const bundle = (folder, name) =>
  build({
    absWorkingDir: root,
    entryPoints: { index: `lambdas/${name}.ts` },
    outdir: resolve(folder, name),
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

const [folder, ...names] = process.argv.slice(2);
await Promise.all(names.map((name) => bundle(folder, name)));
