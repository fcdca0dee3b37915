import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const SYNTH_MS = 180_000;

/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A stack's template, and how many bytes it has. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly bytes: number;
}

/** What an app is made into. */
export interface Synthesized {
  /** By the stacks' names. */
  readonly stacks: ReadonlyMap<string, Template>;
  /** The files of each bundled function by their names, by the key of its asset. */
  readonly bundles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** What the CLI printed: warnings, too. */
  readonly said: string;
}

/**
 * What the real CDK CLI makes of an app, without network, credentials and Docker.
 * @throws with its output when it fails, as it does for a finding of cdk-nag or of the default rules
 */
export const synth = (
  context: Readonly<Record<string, string>>,
  app = 'tsx bin/platform.ts',
): Synthesized => {
  const out = mkdtempSync(join(tmpdir(), 'tidegate-cdk-'));
  try {
    const folder = join(out, 'cdk');
    // The platform alone, unless a manifest is given: not the one that lies here.
    const given = Object.entries({ manifest: 'none', ...context }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const { status, stdout, stderr } = spawnSync(
      join(BIN, 'cdk'),
      ['synth', '--quiet', '--no-notices', '--app', app, '--output', folder, ...given],
      {
        cwd: ROOT,
        encoding: 'utf8',
        timeout: SYNTH_MS,
        env: {
          PATH: [BIN, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
          ...{ HOME: out, TMPDIR: out, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: '1' },
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      },
    );
    if (status !== 0) throw new Error(`cdk synth ended with ${status}: ${stdout}${stderr}`);
    return { stacks: templatesIn(folder), bundles: bundlesIn(folder), said: stdout + stderr };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
};

const SUFFIX = '.template.json';

const templatesIn = (folder: string): ReadonlyMap<string, Template> => {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [file.slice(0, -SUFFIX.length), { ...JSON.parse(text), bytes: text.length }];
    }),
  );
};

const bundlesIn = (folder: string): Synthesized['bundles'] => {
  const assets = readdirSync(folder).filter((name) => name.startsWith('asset.'));
  return new Map(
    assets
      .filter((asset) => existsSync(join(folder, asset, 'index.mjs')))
      .map((asset) => {
        const names = readdirSync(join(folder, asset));
        const texts = names.map((name) => readFileSync(join(folder, asset, name), 'utf8'));
        return [
          asset.slice('asset.'.length),
          new Map(names.map((name, i) => [name, texts[i] ?? ''])),
        ];
      }),
  );
};
