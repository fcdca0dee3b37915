import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { problemTypes } from '../api/problem';
import { routes } from '../api/routes';
import { ManifestSchema } from '../api/services/manifest';
import { addUp } from '../bin/up';
import { program } from '../cli/program';
import { mlflowDeviations } from './clients/mlflow-deviations';
import { type Running, startPlatform, temporaryFolder } from './support/platform';
import { describePython } from './support/python';

const MINUTE = 60_000;
const root = resolve(__dirname, '..');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const within = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
const documents = ['README.md', 'CHANGELOG.md', ...within('docs'), ...within('examples')];

interface Block {
  readonly file: string;
  /** The language and what else stands behind the fence: `sh run`. */
  readonly info: readonly string[];
  readonly code: string;
}

const blocksOf = (file: string): Block[] =>
  [...text(file).matchAll(/^( *)```([^\n]*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, , info = '', code = '']) => ({ file, info: info.trim().split(/\s+/), code }),
  );
const blocks = documents.flatMap(blocksOf);
const inLanguage = (language: string): Block[] => blocks.filter(({ info }) => info[0] === language);

/** As GitHub makes anchors of headings. */
const anchorsOf = (file: string): string[] =>
  [...text(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documents', () => {
  it.each(documents)('%s links to files and headings that are there', (file) => {
    const targets = [...text(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [path = '', anchor] = target.split('#');
      const found = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, found))) return true;
      return anchor !== undefined && !anchorsOf(found).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('hold JSON that is JSON, and manifests that are manifests', () => {
    for (const { code } of inLanguage('json')) expect(() => JSON.parse(code)).not.toThrow();
    const faults = inLanguage('yaml').map(({ code }) => ManifestSchema.safeParse(parse(code)));
    expect(faults.flatMap(({ error }) => error?.issues ?? [])).toEqual([]);
    expect(Math.min(inLanguage('json').length, faults.length)).toBeGreaterThan(0);
  });

  it('name nothing of the machine they were written on', () => {
    for (const file of documents) expect(text(file)).not.toMatch(/\/(work|root|home|tmp\/docs)\//);
  });
});

/** Words behind each occurrence of a command, up to what the shell or the text takes for itself. */
const commandsIn = (code: string, command: string): string[][] =>
  code
    .replaceAll('\\\n', ' ')
    .split(command)
    .slice(1)
    .map((rest) => (/^[^|&;#`)>\n]*/.exec(rest)?.[0] ?? '').split(/\s+/).filter(Boolean));

const cli = (): Command => {
  const { stdin, stdout, stderr } = process;
  const streams = { stdin, stdout, stderr };
  const made = program({ ...streams, env: {}, home: root, version: '0', now: () => new Date() });
  addUp(made, {});
  return made;
};

/** What of a command line the program does not know. */
const unknownIn = (words: readonly string[]): string[] => {
  const path = [cli()];
  const unknown: string[] = [];
  let skipping = false;
  for (const word of words) {
    const [command] = path;
    if (skipping || !command) {
      skipping = false;
    } else if (word.startsWith('-') && word !== '-') {
      const [name] = word.split('=');
      const known = path.flatMap(({ options }) => options);
      const option = known.find(({ long, short }) => name === long || name === short);
      if (!option && word !== '--help') unknown.push(word);
      skipping = option?.required === true && !word.includes('=');
    } else if (command.commands.length > 0) {
      const next = command.commands.find((one) => one.name() === word);
      if (next) path.unshift(next);
      else unknown.push(word);
    }
  }
  return unknown;
};

describe('commands in the documents', () => {
  const named = [
    ...documents.flatMap((file) => commandsIn(text(file), 'npx tidegate ')),
    ...blocksOf('docs/cli.md').flatMap(({ code }) => commandsIn(`\n${code}`, '\ntidegate ')),
  ].map((words) => ({ words, line: words.join(' ') }));

  it('are those that the program knows, with their options', () => {
    const strange = named.filter(({ words }) => unknownIn(words).length > 0);
    expect(strange.map(({ line }) => line)).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
  });

  it('of npm are scripts, or install', () => {
    const { scripts } = JSON.parse(text('package.json'));
    const known = [...Object.keys(scripts), 'install'];
    const called = documents.flatMap((file) => [
      ...text(file).matchAll(/(?:`|^|&& )npm (?:run )?([a-z:-]+)/gm),
    ]);
    for (const [, script = ''] of called) expect(known).toContain(script);
    expect(called.length).toBeGreaterThan(4);
  });
});

describe('the documents are complete', () => {
  it('docs/api.md has every route and every error', () => {
    const wanted = [
      ...Object.values(routes).map(({ method, path }) => `${method} ${path}`),
      ...Object.keys(problemTypes),
    ];
    const said = text('docs/api.md');
    expect(wanted.filter((one) => !said.includes(`\`${one}\``))).toEqual([]);
  });

  it('docs/operations.md has every option of `up`, and the variables', () => {
    const up = cli().commands.find((command) => command.name() === 'up');
    const options = up?.options.map(({ long }) => long ?? '') ?? [];
    const sources = ['bin', 'adapters/embedded', 'cli'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.includes('test'))
        .flatMap((name) => text(`${folder}/${name}`).match(/\b(TIDEGATE|MLFLOW)_[A-Z_]+\b/g) ?? []),
    );
    const variables = new Set(sources.filter((name) => !name.startsWith('MLFLOW_DISABLE')));
    const operations = text('docs/operations.md');
    const missing = [...options, ...variables].filter((name) => !operations.includes(`\`${name}`));
    expect(missing).toEqual([]);
    expect(options.length + variables.size).toBeGreaterThan(15);
  });

  it('docs/from-mlflow.md has every deviation', () => {
    const rows = text('docs/from-mlflow.md').split('\n');
    const missing = Object.entries(mlflowDeviations).filter(([name, { tidegate }]) => {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
      return !row?.includes(`| ${tidegate} |`);
    });
    expect(missing).toEqual([]);
  });
});

/** The README's own words, run in a folder that looks like a clone in which `npm start` was called. */
const tourist = (platform: Running, extra: Readonly<Record<string, string>> = {}) => {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(join(folder, 'my-models'));
  symlinkSync(join(root, 'examples'), join(folder, 'examples'));
  symlinkSync(platform.data, join(folder, '.tidegate'));
  const node = join(root, 'node_modules/.bin/node');
  const tidegate = join(root, '.build/tidegate.mjs');
  const shim = (name: string, line: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  // What npx would find here, without the second that its search takes.
  shim('npx', `[ "$1" = tidegate ] && shift && exec '${node}' '${tidegate}' "$@"`);
  shim('npm', `[ "$*" = 'run demo' ] && exec '${node}' '${join(root, 'bin/demo.mjs')}'`);
  // A refusal shall end the tour.
  const curl = spawnSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).stdout.trim();
  shim('curl', `exec '${curl}' --fail-with-body "$@"`);
  const env = {
    ...process.env,
    NO_COLOR: '1',
    ...extra,
    PATH: [bin, dirname(node), process.env.PATH].join(delimiter),
  };
  const here = (code: string): string => code.replaceAll('http://127.0.0.1:8080', platform.url);

  const run = (command: string, ...args: readonly string[]): string => {
    const options = { cwd: folder, env, encoding: 'utf8', timeout: 4 * MINUTE } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    const said = { stdout, stderr };
    expect({ status, ...(status !== 0 && said) }).toEqual({ status: 0 });
    return stdout;
  };
  return {
    run,
    shim,
    write: (name: string, code: string) => writeFileSync(join(folder, name), here(code)),
    shell: (code: string): string => run('bash', '-euo', 'pipefail', '-c', here(code)),
  };
};

const tour = blocksOf('README.md').filter(({ info }) => info.includes('run'));
const isPython = ({ info }: Block): boolean => info.includes('python');
const codeOf = (wanted: readonly Block[]): string => wanted.map(({ code }) => code).join('\n');

describe('the tour of the README', () => {
  let platform: Running;
  beforeAll(async () => {
    // A service that nobody has a key of stands first in every list.
    const another = '  another: { versions: { v1: { model: ./examples/wine/model } } }\n';
    platform = await startPlatform({ manifest: `${text('tidegate.yaml')}${another}` });
  }, MINUTE);
  afterAll(() => platform.stop());

  it('begins with a curl line that works when pasted', () => {
    const [, line = ''] = /Ask for a prediction:\n\n([\s\S]*?)\n\n/.exec(platform.output()) ?? [];
    expect(JSON.parse(tourist(platform).shell(line)).predictions).toHaveLength(1);
  });

  it(
    'goes as it is written, in a shell and in TypeScript',
    () => {
      const { shell, run, write } = tourist(platform, { KEY: platform.key('wine', 'quickstart') });
      const scripts = tour.filter((block) => block.info[0] === 'ts');
      expect(scripts).toHaveLength(1);
      write('ask.mts', codeOf(scripts));
      expect(run('node', 'ask.mts')).toMatch(/^\[ [\d.]+ \]\n$/);

      const told = shell(codeOf(tour.filter(({ info }) => info[0] === 'sh' && !info[2])));
      expect(told).toMatch(/"predictions":\[5\.57/);
      expect(told).toMatch(/v2 +running +wine\/2 +10 %/);
      expect(told).toMatch(/"service_version":"v2"/);
      expect(told.match(/order-4711/g)?.length).toBeGreaterThanOrEqual(2);
      expect(told).toMatch(/10 questions in SQL/);
      expect(told).toMatch(/400 +invalid-input/);
      expect(told).toMatch(/my-app .* revoked/);
      expect(told).toMatch(/ok +wine v2 +running/);
    },
    2 * MINUTE,
  );
});

describePython('the parts of the README that need Python', (python) => {
  let platform: Running;
  beforeAll(async () => {
    const env = { TIDEGATE_PYTHON: python };
    platform = await startPlatform({ manifest: text('tidegate.yaml'), env });
  }, MINUTE);
  afterAll(() => platform.stop(), MINUTE);

  it(
    'make models and serve them, one after the other as they are written',
    () => {
      const key = platform.key('wine', 'quickstart');
      const { shell, run, write, shim } = tourist(platform, { KEY: key });
      shim('python', `exec '${python}' "$@"`);
      const told = tour.filter(isPython).map(({ info, code }) => {
        if (info[0] === 'sh') return shell(code);
        const file = /^# (\S+\.py)\n/.exec(code)?.[1];
        write(file ?? 'ask.py', code);
        return file ? '' : run(python, 'ask.py');
      });
      expect(told.join('\n')).toMatch(/^\[5\.\d+\]$/m);
      expect(told.join('\n')).toMatch(/^repaid.*\ndefaulted/m);
      expect(told.join('\n')).toMatch(/^leaves\nstays$/m);
      expect(told).toHaveLength(7);
    },
    8 * MINUTE,
  );
});
